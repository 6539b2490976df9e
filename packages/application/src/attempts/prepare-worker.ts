import {
  HodeiError,
  isHodeiError,
  type Attempt,
  type Job,
  type LaunchOrder,
  type Phase,
  type ProvisionProgress,
  type WorkerHandle,
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
 * @param reached is told the phases as they are reached.
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
    readonly expiresAt: number;
  },
): Promise<PreparedWorker> {
  const { spec } = job;
  const { signal, onProgress, reached } = options;
  const image = { image: spec.image, pullPolicy: context.policy.pullPolicy, ...architectureOf(job) };
  await provider.prepareImage(image, { signal, onProgress });
  reached('imageReady');

  const workerSpec: WorkerSpec = {
    ...image,
    workerId: attempt.workerId,
    installationId: context.instance.installationId,
    resources: spec.resources,
    network: spec.network,
    labels: spec.labels,
    jobId: job.id,
    expiresAt: options.expiresAt,
  };
  const order = (argv: readonly string[]): LaunchOrder => launchOrderOf(job, attempt, secrets, argv);
  const make = async (): Promise<Omit<PreparedWorker, 'startupMs'>> => {
    onProgress({ phase: 'creating-worker' }); // its turn has come
    try {
      const handle = await provider.createWorker(workerSpec, { signal, onProgress });
      return { handle, order: order(commandOf(job, handle.defaultCommand)), hasBegun: false };
    } catch (error) {
      if (!isHodeiError(error, 'image_without_shell')) throw error;
      assertDirectPossible(job);
      const { argv, env, workdir } = order(spec.command ?? []);
      const direct = { argv, env, ...(workdir === undefined ? {} : { workdir }) };
      const handle = await provider.createWorker({ ...workerSpec, direct }, { signal, onProgress });
      return { handle, order: order(argv), hasBegun: true };
    }
  };
  const { made, tookMs } = await pace.run('job', signal, make);
  reached('workerReady');
  return { ...made, startupMs: tookMs };
}

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
