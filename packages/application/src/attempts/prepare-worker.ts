import {
  HodeiError,
  isHodeiError,
  type Attempt,
  type DirectLaunch,
  type EpochMs,
  type Job,
  type LaunchOrder,
  type Phase,
  type ProvisionProgress,
  type WorkerHandle,
  type WorkerProvider,
  type WorkerSpec,
} from '@hodei/domain';

import type { Selection } from '../registry/provider-selector.ts';
import type { JobContext } from '../support/job-context.ts';
import { commandOf, launchOrderOf } from './launch-order-of.ts';

/** Is told what a job waits for before it runs. */
export type OnProgress = (progress: ProvisionProgress) => void;

/** A worker that waits for this order, or (made directly, for an image without a shell) already runs the job. */
export interface PreparedWorker {
  readonly handle: WorkerHandle;
  readonly order: LaunchOrder;
  /** Whether the job runs already. */
  readonly hasBegun: boolean;
  /** How long its start took, in milliseconds, without the wait for its turn. */
  readonly startupMs: number;
}

/**
 * Brings the image and makes the worker for an attempt, when its turn has come on that engine. An image without a shell gets the job directly, in
 * the worker's configuration, where nothing of the job needs a shell or must not be seen there.
 *
 * @param options.reached is told the phases as they are reached.
 * @param options.willRunByItself is waited for before a worker is made that gets the job directly.
 * @throws what {@link WorkerProvider.prepareImage} and {@link WorkerProvider.createWorker} throw, and
 * HodeiError `secrets_refused`, `image_without_shell`, `invalid_input` (no command, and the image has none).
 */
export async function prepareWorker(
  context: Pick<JobContext, 'policy' | 'instance' | 'clock'>,
  { provider, pace }: Pick<Selection, 'provider' | 'pace'>,
  job: Job,
  attempt: Pick<Attempt, 'workerId' | 'nonce'>,
  secrets: Readonly<Record<string, string>>,
  options: {
    readonly signal: AbortSignal;
    readonly onProgress: OnProgress;
    readonly reached: (phase: Phase) => void;
    readonly willRunByItself: () => Promise<void>;
    readonly expiresAt: EpochMs;
  },
): Promise<PreparedWorker> {
  const { spec } = job;
  const { signal, onProgress, reached } = options;
  const workerSpec = workerSpecOf(context, job, attempt, options.expiresAt);
  await provider.prepareImage(workerSpec, { signal, onProgress });
  reached('imageReady');

  const order = (argv: readonly string[]): LaunchOrder => launchOrderOf(job, attempt, secrets, argv);
  const make = async (): Promise<Omit<PreparedWorker, 'startupMs'>> => {
    onProgress({ phase: 'creating-worker' }); // its turn has come
    try {
      const handle = await provider.createWorker(workerSpec, { signal, onProgress });
      return { handle, order: order(commandOf(job, handle.defaultCommand)), hasBegun: false };
    } catch (error) {
      if (!isHodeiError(error, 'image_without_shell')) throw error;
      assertDirectPossible(job);
      await options.willRunByItself();
      const handle = await provider.createWorker({ ...workerSpec, direct: directOf(job) }, { signal, onProgress });
      return { handle, order: order(spec.command ?? []), hasBegun: true };
    }
  };
  const { made, tookMs } = await pace.run('job', signal, make);
  reached('workerReady');
  return { ...made, startupMs: tookMs };
}

/** A worker for an attempt. */
function workerSpecOf(
  { policy, instance }: Pick<JobContext, 'policy' | 'instance'>,
  job: Job,
  { workerId }: Pick<Attempt, 'workerId'>,
  expiresAt: EpochMs,
): WorkerSpec {
  const { image, resources, network, labels } = job.spec;
  return {
    image,
    pullPolicy: policy.pullPolicy,
    ...architectureOf(job),
    workerId,
    installationId: instance.installationId,
    resources,
    network,
    labels,
    jobId: job.id,
    expiresAt,
  };
}

/** What a worker runs by itself; it gets no secrets. */
const directOf = ({ spec: { command = [], env, workdir } }: Job): DirectLaunch => ({
  argv: command,
  env,
  ...(workdir === undefined ? {} : { workdir }),
});

/**
 * Takes up a worker which was about to be made, and to run its job by itself, when its instance died: making it is
 * idempotent, so it is made now if it is not there.
 * @throws what {@link WorkerProvider.createWorker} throws.
 */
export const takeUpDirect = (
  context: Pick<JobContext, 'policy' | 'instance'>,
  provider: WorkerProvider,
  job: Job,
  { workerId, expiresAt }: Pick<Attempt, 'workerId'> & { readonly expiresAt: EpochMs },
  signal: AbortSignal,
): Promise<WorkerHandle> =>
  provider.createWorker({ ...workerSpecOf(context, job, { workerId }, expiresAt), direct: directOf(job) }, { signal });

function assertDirectPossible({ spec }: Job): void {
  const without = `image ${spec.image} has no /bin/sh`;
  if (spec.secretNames.length > 0 || spec.selfReport) {
    throw new HodeiError(
      'secrets_refused',
      `${without}, so its secrets would have to stand in the container's configuration; use an image with a shell`,
    );
  }
  if (spec.stdin !== undefined) {
    throw new HodeiError('image_without_shell', `${without}, which a job with stdin needs; use an image with a shell`);
  }
  if (spec.command?.[0] === '/bin/sh' || spec.command?.[0] === 'sh') {
    throw new HodeiError(
      'image_without_shell',
      `${without}, which this job runs; use an image with a shell, or give a command instead of a script`,
    );
  }
}

const architectureOf = ({ spec }: Job): { architecture?: string } =>
  spec.requirements.architecture === undefined ? {} : { architecture: spec.requirements.architecture };
