import type { Duplex } from 'node:stream';

import {
  assertLaunchable,
  HodeiError,
  isHodeiError,
  toHodeiError,
  type CallOptions,
  type ProviderCapabilities,
  type ProviderId,
  type ProvisionProgress,
  type WorkerHandle,
  type WorkerSpec,
} from '@hodei/domain';

import { adoptContainer } from './adopt-container.ts';
import { assertProgram, type KnownShells } from '../images/assert-program.ts';
import { attachWorker } from './attach-worker.ts';
import { containerConfig, type ContainerConfig, type SharedNetwork } from './container-config.ts';
import { destroyWorker } from './destroy-worker.ts';
import type { DiskWatch } from '../disk/disk-watch.ts';
import type { DockerConfig } from '../config/docker-config.ts';
import type { DockerEngine } from '../engine/docker-engine.ts';
import type { DockerImages } from '../images/docker-images.ts';
import { postJson } from '../engine/engine-request.ts';
import { handleOf } from './handle-state.ts';
import type { SharedNetworks } from './shared-networks.ts';
import type { StartupTimes } from './startup-times.ts';
import { conditionOf } from '../engine/translate-docker-error.ts';
import type { WorkerSessions } from './worker-session.ts';

/** What creating workers needs of its provider. */
export interface WorkerFactory {
  readonly engine: DockerEngine;
  readonly images: DockerImages;
  readonly config: DockerConfig;
  readonly providerId: ProviderId;
  readonly capabilities: ProviderCapabilities;
  readonly sessions: WorkerSessions;
  readonly networks: SharedNetworks;
  readonly startupTimes: StartupTimes;
  readonly disk: DiskWatch;
  readonly shells: KnownShells;
}

type CreateOptions = CallOptions & { readonly onProgress?: (progress: ProvisionProgress) => void };

/** So often may the holder of a shared network vanish before its worker has joined it. */
const MOST_TRIES = 5;

interface MadeContainer {
  readonly resourceId: string;
  readonly warnings: readonly string[];
}

/**
 * {@link WorkerProvider.createWorker}. The name is the worker's id, so the engine itself keeps it from being
 * made twice. Where anything fails, or the signal aborts, what was made is removed before this rejects.
 */
export async function createWorker(
  factory: WorkerFactory,
  spec: WorkerSpec,
  options: CreateOptions = {},
): Promise<WorkerHandle> {
  const { installationId, image, sharedNetworkKey: key } = spec;
  if (key === undefined) return await createOn(factory, spec, options);
  // What is refused is refused before anything is made for it.
  containerConfig(spec, factory.config, factory.providerId, factory.capabilities);
  for (let tries = 1; ; tries += 1) {
    const shared = await factory.networks.hold({ installationId, image, key }, options.signal);
    try {
      return await createOn(factory, spec, options, shared);
    } catch (error) {
      options.signal?.throwIfAborted();
      // Its holder was removed, or ended, before the worker could join it.
      if (!(await factory.networks.wasLost(shared, options.signal)) || tries === MOST_TRIES) throw error;
    }
  }
}

async function createOn(
  factory: WorkerFactory,
  spec: WorkerSpec,
  options: CreateOptions,
  shared?: SharedNetwork,
): Promise<WorkerHandle> {
  const { signal, onProgress } = options;
  signal?.throwIfAborted();
  if (spec.direct !== undefined) assertLaunchable(spec.direct);
  const begun = Date.now();
  const container = containerConfig(spec, factory.config, factory.providerId, factory.capabilities, shared);
  await factory.disk.assertRoomForStart(`worker ${spec.workerId}`, signal);
  onProgress?.({ phase: 'creating-worker' });
  const made = await makeOrAdopt(factory, spec, container, signal);
  if ('version' in made) return made;
  try {
    const handle = await start(factory, spec, made, options);
    factory.startupTimes.record(spec.image, Date.now() - begun);
    return handle;
  } catch (error) {
    throw await removed(factory, spec, made, error);
  }
}

/** A container that is to be started, or the handle of a worker that is there already. */
async function makeOrAdopt(
  factory: WorkerFactory,
  spec: WorkerSpec,
  container: ContainerConfig,
  signal: AbortSignal | undefined,
): Promise<MadeContainer | WorkerHandle> {
  for (;;) {
    const made = await make(factory, spec, container);
    if (made !== undefined) return made;
    const found = await adoptContainer(factory, spec, signal);
    if (found === undefined) continue;
    return handleOf(spec, { ...found, ...(await describe(factory, spec, container.warnings, signal)) });
  }
}

/**
 * Asks the engine for the container; nothing where the name is taken. Not given up by a signal: an answer that
 * nobody waits for would leave a container that nobody knows.
 */
async function make(
  factory: WorkerFactory,
  spec: WorkerSpec,
  { name, platform, body, warnings }: ContainerConfig,
): Promise<MadeContainer | undefined> {
  const { engine, images } = factory;
  const call = {
    doing: `creating worker ${spec.workerId}`,
    subject: spec.image,
    network: spec.network,
    otherwise: 'start_failed',
  } as const;
  const query = { name, ...(platform === undefined ? {} : { platform }) };
  try {
    const answer = await engine.call(call, (docker, abortSignal) =>
      postJson(docker, { path: '/containers/create', query, body, abortSignal }),
    );
    const { Id, Warnings } = answer as { readonly Id: string; readonly Warnings?: readonly string[] | null };
    return { resourceId: Id, warnings: [...warnings, ...(Warnings ?? [])] };
  } catch (error) {
    if (conditionOf(error) === 'name-in-use') return undefined;
    if (isHodeiError(error, 'image_not_found')) images.forget(spec.image);
    // Where only the answer was lost, the container may be there all the same.
    if (!isHodeiError(error, 'provider_unavailable', 'provider_timeout')) throw error;
    throw await removed(factory, spec, {}, error);
  }
}

/** Attaches before it starts, so that not a byte of output can be missed. */
async function start(
  factory: WorkerFactory,
  spec: WorkerSpec,
  { resourceId, warnings }: MadeContainer,
  { signal, onProgress }: CreateOptions,
): Promise<WorkerHandle> {
  const { engine, images, sessions, shells } = factory;
  const subject = { workerId: spec.workerId, resourceId };
  const isDirect = spec.direct !== undefined;
  const facts = images.facts(spec.image, signal === undefined ? {} : { signal });
  const [attached, checked] = await Promise.allSettled([
    attachWorker(engine, subject, { stdin: !isDirect }, signal),
    facts.then((known) => assertProgram(engine, subject, spec, known, shells, signal)),
  ]);
  if (attached.status === 'rejected') throw attached.reason;
  const socket: Duplex = attached.value;
  try {
    if (checked.status === 'rejected') throw checked.reason;
    onProgress?.({ phase: 'starting-worker' });
    await engine.call(
      {
        doing: `starting worker ${spec.workerId}`,
        subject: spec.image,
        network: spec.network,
        firstProcess: isDirect ? 'job' : 'launcher',
        otherwise: 'start_failed',
      },
      (docker, abortSignal) => docker.getContainer(resourceId).start({ abortSignal }),
      { signal },
    );
  } catch (error) {
    if (!isStartedAlready(error)) {
      socket.destroy();
      throw error;
    }
  }
  sessions.hold(spec.workerId, resourceId, socket);
  return handleOf(spec, { resourceId, createdAt: Date.now(), ...(await describe(factory, spec, warnings, signal)) });
}

/** Somebody else who adopted it was faster. */
const isStartedAlready = (error: unknown): boolean => isHodeiError(error) && error.details['status'] === 304;

async function describe(
  { images, providerId }: WorkerFactory,
  spec: WorkerSpec,
  warnings: readonly string[],
  signal: AbortSignal | undefined,
): Promise<Pick<WorkerHandle, 'defaultCommand' | 'warnings' | 'providerId'>> {
  const { entrypoint, cmd } = await images.facts(spec.image, signal === undefined ? {} : { signal });
  return { defaultCommand: [...entrypoint, ...cmd], warnings, providerId };
}

/** Takes away what was made; returns the error to throw. */
async function removed(
  { engine, providerId, sessions }: WorkerFactory,
  { workerId }: WorkerSpec,
  { resourceId }: Partial<MadeContainer>,
  error: unknown,
): Promise<unknown> {
  sessions.close(workerId);
  try {
    await destroyWorker(engine, { workerId, ...(resourceId === undefined ? {} : { resourceId }) }, providerId, {
      gracePeriodMs: 0,
    });
    return error;
  } catch (second) {
    const first = toHodeiError(error);
    return new HodeiError(
      first.code,
      `${first.message}; what was made of worker ${workerId} could not be removed either: ${toHodeiError(second).message}`,
      { cause: error, details: first.details },
    );
  }
}
