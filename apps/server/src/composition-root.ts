// tsyringe needs this polyfill before it is first used.
import 'reflect-metadata';

import {
  ChangeHub,
  DEFAULT_JOB_POLICY,
  IdleWorkers,
  JobRunner,
  Preparations,
  ProviderRegistry,
  type JobContext,
} from '@hodei/application';
import { DockerProviderBuilder, parseDockerConfig } from '@hodei/infrastructure/docker';
import { AesSecretSealer, SystemClock, SystemIds } from '@hodei/infrastructure/system';
import { container as rootContainer, instanceCachingFactory, type DependencyContainer } from 'tsyringe';

import { createPinoDiagnostics } from './pino-diagnostics.ts';
import type { Settings } from './settings/parse-settings.ts';
import {
  CHANGE_HUB,
  CLOCK,
  DIAGNOSTICS,
  IDLE_WORKERS,
  IDS,
  INSTANCE,
  JOB_CONTEXT,
  JOB_RUNNER,
  LEASE_LOST,
  PROVIDER_REGISTRY,
  REPOSITORIES,
  SEALING_KEY,
  SECRET_SEALER,
  SETTINGS,
  TELEMETRY,
} from './tokens.ts';

/**
 * Says once how everything is made. What takes time to make (the database, the sealing key, the instance) is
 * registered by whoever opened it; the rest is made here, on first use, once.
 */
export function createContainer(settings: Settings): DependencyContainer {
  const container = rootContainer.createChildContainer();
  container.register(SETTINGS, { useValue: settings });
  container.register(CLOCK, { useFactory: instanceCachingFactory(() => new SystemClock()) });
  container.register(IDS, { useFactory: instanceCachingFactory(() => new SystemIds()) });
  container.register(DIAGNOSTICS, {
    useFactory: instanceCachingFactory(() => createPinoDiagnostics(settings.logLevel)),
  });
  container.register(CHANGE_HUB, {
    useFactory: instanceCachingFactory((c) => new ChangeHub(c.resolve(REPOSITORIES).changes)),
  });
  container.register(SECRET_SEALER, {
    useFactory: instanceCachingFactory((c) => new AesSecretSealer(c.resolve(SEALING_KEY))),
  });
  container.register(PROVIDER_REGISTRY, { useFactory: instanceCachingFactory(createRegistry) });
  container.register(IDLE_WORKERS, { useFactory: instanceCachingFactory(() => new IdleWorkers()) });
  container.register(JOB_CONTEXT, { useFactory: instanceCachingFactory(createJobContext) });
  container.register(JOB_RUNNER, { useFactory: instanceCachingFactory((c) => new JobRunner(c.resolve(JOB_CONTEXT))) });
  return container;
}

/** A further provider package is one more line in `factories`. */
function createRegistry(c: DependencyContainer): ProviderRegistry {
  const { env } = c.resolve(SETTINGS);
  return new ProviderRegistry({
    repositories: c.resolve(REPOSITORIES),
    clock: c.resolve(CLOCK),
    ids: c.resolve(IDS),
    diagnostics: c.resolve(DIAGNOSTICS),
    declareEngine: (providerId, engineId) =>
      c.resolve(REPOSITORIES).instances.declareEngine({ epoch: c.resolve(INSTANCE).epoch, providerId, engineId }),
    factories: {
      docker: ({ id, settings }) =>
        new DockerProviderBuilder()
          .withProviderId(id)
          .withConfig(parseDockerConfig(settings))
          .withEnvironment(env)
          .build(),
    },
  });
}

function createJobContext(c: DependencyContainer): JobContext {
  const { defaultImage, maxOutputBytes, maxConcurrentJobs } = c.resolve(SETTINGS);
  return {
    repositories: c.resolve(REPOSITORIES),
    registry: c.resolve(PROVIDER_REGISTRY),
    hub: c.resolve(CHANGE_HUB),
    clock: c.resolve(CLOCK),
    ids: c.resolve(IDS),
    sealer: c.resolve(SECRET_SEALER),
    diagnostics: c.resolve(DIAGNOSTICS),
    idle: c.resolve(IDLE_WORKERS),
    preparations: new Preparations(),
    instance: c.resolve(INSTANCE),
    lost: c.resolve(LEASE_LOST),
    ...(c.isRegistered(TELEMETRY, true) ? { telemetry: c.resolve(TELEMETRY) } : {}),
    policy: { ...DEFAULT_JOB_POLICY, defaultImage, maxOutputBytes, maxConcurrentJobs },
  };
}
