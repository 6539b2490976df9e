import type { ProviderView } from '@hodei/application';
import { toHodeiError } from '@hodei/domain';
import type { ControlPlane, Settings, Store } from '@hodei/server';

import type { Finding } from '../finding.ts';
import { formatSize } from '../output/format-size.ts';
import { examineDataDir, examineNode } from './examine-machine.ts';
import { findLeftovers } from './find-leftovers.ts';

/** Looks at this machine, then the database, then each provider and what jobs need of it. */
export async function* examine(params: {
  readonly settings: Settings;
  readonly openStore: () => Promise<Store>;
  readonly openControlPlane: () => Promise<ControlPlane>;
}): AsyncGenerator<Finding> {
  const { settings } = params;
  yield examineNode(process.versions.node);
  yield await examineDataDir(settings);
  try {
    await params.openStore();
    yield {
      subject: 'database',
      verdict: 'ok',
      detail: `${databaseOf(settings)}; reachable, its schema is up to date`,
    };
  } catch (error) {
    const detail = `${databaseOf(settings)}: ${toHodeiError(error).message}`;
    yield { subject: 'database', verdict: 'fail', detail, advice: databaseAdvice(settings) };
    return;
  }
  try {
    yield* examineProviders(await params.openControlPlane(), settings);
  } catch (error) {
    yield { subject: 'providers', verdict: 'fail', detail: toHodeiError(error).message };
  }
}

const databaseOf = ({ databaseUrl, dataDir }: Settings): string => {
  if (databaseUrl === undefined) return `embedded Postgres in ${dataDir}`;
  const { host, pathname } = new URL(databaseUrl);
  return `Postgres at ${host}${pathname}`;
};

const databaseAdvice = ({ databaseUrl }: Settings): string =>
  databaseUrl === undefined
    ? 'see postgres.log in the data directory, or set HODEI_DATABASE_URL to a Postgres server'
    : 'check HODEI_DATABASE_URL and that the server runs, or unset it for the embedded Postgres';

async function* examineProviders({ context }: ControlPlane, settings: Settings): AsyncGenerator<Finding> {
  await context.registry.checkHealth();
  const providers = await context.registry.find();
  if (providers.length === 0) yield { subject: 'providers', verdict: 'fail', detail: 'none is registered' };
  for (const view of providers) {
    yield examineHealth(view);
    if (view.health.status !== 'healthy' && view.health.status !== 'degraded') continue;
    yield* examineCapabilities(view);
    yield await examineImage(view, context, settings.defaultImage);
    yield await examineLeftovers(view, context);
  }
}

function examineHealth({ config, health, liveWorkers }: ProviderView): Finding {
  const subject = `provider ${config.name}`;
  const latency = health.latencyMs === undefined ? '' : `, answered in ${Math.round(health.latencyMs)} ms`;
  const state = `${health.engine ?? config.type}, ${health.status}${latency}, ${liveWorkers} of ${config.maxWorkers} workers`;
  const detail = [state, ...health.reasons].join('; ');
  if (config.mode !== 'active') {
    return {
      subject,
      verdict: 'warn',
      detail: `${config.mode}; ${detail}`,
      advice: `"hodei providers enable ${config.name}" lets it take jobs`,
    };
  }
  switch (health.status) {
    case 'healthy':
      return { subject, verdict: 'ok', detail };
    case 'degraded':
      return { subject, verdict: 'warn', detail, advice: 'jobs run, but look at what it says' };
    case 'unhealthy':
    case 'unknown':
      return {
        subject,
        verdict: 'fail',
        detail,
        advice:
          config.type === 'docker' ? 'start Docker, or set DOCKER_HOST to an engine that runs' : 'start its engine',
      };
    default:
      return health.status satisfies never;
  }
}

function* examineCapabilities({ config, capabilities }: ProviderView): Generator<Finding> {
  if (capabilities === undefined) return;
  const { maxResources, architectures, runtimes, enforcedLimits, features } = capabilities;
  const facts = [
    architectures.join(', '),
    ...(maxResources.cpu === undefined ? [] : [`${maxResources.cpu} CPUs`]),
    ...(maxResources.memoryBytes === undefined ? [] : [formatSize(maxResources.memoryBytes)]),
    ...(runtimes.length === 0 ? [] : [`runtimes ${runtimes.join(', ')}`]),
    `limits that it enforces: ${enforcedLimits.join(', ') || 'none'}`,
    ...(features.length === 0 ? [] : [features.join(', ')]),
  ];
  const weak = (['cpu', 'memoryBytes', 'pids'] as const).filter((limit) => !enforcedLimits.includes(limit));
  yield {
    subject: `${config.name} capabilities`,
    verdict: weak.length === 0 ? 'ok' : 'warn',
    detail: facts.join('; '),
    ...(weak.length === 0 ? {} : { advice: `jobs that ask for a limit on ${weak.join(', ')} are refused here` }),
  };
}

async function examineImage(
  { config }: ProviderView,
  { registry }: ControlPlane['context'],
  image: string,
): Promise<Finding> {
  const subject = `${config.name} image`;
  try {
    await registry.provider(config.id).prepareImage({ image, pullPolicy: 'never' });
    return { subject, verdict: 'ok', detail: `${image} is there` };
  } catch (error) {
    const { code, message } = toHodeiError(error);
    const detail = code === 'image_not_found' ? `${image}, the default image, is not there` : message;
    return {
      subject,
      verdict: 'warn',
      detail,
      advice: `the first job that uses it pulls it; "docker pull ${image}" does it now`,
    };
  }
}

async function examineLeftovers(view: ProviderView, context: ControlPlane['context']): Promise<Finding> {
  const subject = `${view.config.name} leftovers`;
  try {
    const { listed, leftovers } = await findLeftovers(context, view.config.id);
    if (leftovers.length === 0)
      return { subject, verdict: 'ok', detail: `none; ${listed} workers of this installation on the engine` };
    return {
      subject,
      verdict: 'warn',
      detail: `${leftovers.length} of ${listed} workers on the engine belong to no job that runs: ${leftovers.map(({ resourceId }) => resourceId.slice(0, 12)).join(', ')}`,
      advice:
        'the next "hodei run" takes care of those that have an owner; remove others by these ids with "docker rm -f"',
    };
  } catch (error) {
    return { subject, verdict: 'warn', detail: toHodeiError(error).message };
  }
}
