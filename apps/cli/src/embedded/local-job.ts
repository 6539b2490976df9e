import { dispatchJobs, waitForJob } from '@hodei/application';
import type { Job, ProvisionProgress } from '@hodei/domain';
import type { ControlPlane } from '@hodei/server';

const WORDS: Readonly<Record<ProvisionProgress['phase'], string>> = {
  'pulling-image': 'its image to be pulled',
  'creating-worker': 'its worker to be made',
  'starting-worker': 'its worker to start',
};

/** A job that this process runs itself, with all its attempts. */
export class LocalJob {
  /** Aborts where it can't be run here to its end; the reason is the error. */
  readonly lost: AbortSignal;
  readonly #listeners = new Set<(words: string) => void>();

  /**
   * @param job as it was stored: claimed by this instance, or pending where it may not begin yet.
   * @param offerAfterMs how long others are let go first with a pending one.
   */
  constructor(plane: ControlPlane, job: Job, offerAfterMs = 0) {
    const failed = new AbortController();
    this.lost = AbortSignal.any([failed.signal, plane.lost]);
    this.#run(plane, job, offerAfterMs).catch((error: unknown) => failed.abort(error));
  }

  /** The listener is told what the job waits for, in words that follow "waiting for". */
  onWaiting(listener: (words: string) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) };
  }

  async #run({ context, runner, lost }: ControlPlane, job: Job, offerAfterMs: number): Promise<void> {
    const onProgress = (progress: ProvisionProgress): void => this.#tell(progress);
    const after = job.state === 'pending' ? job : await runner.start(job, onProgress);
    if (after.state !== 'pending') return;
    // A retry, and what could not begin at once, may be taken by any instance; this one offers itself.
    const over = new AbortController();
    const signal = AbortSignal.any([over.signal, lost]);
    const offer = async (): Promise<void> => {
      await context.clock.sleep(offerAfterMs, signal).catch(() => undefined);
      await dispatchJobs(context, runner, signal, { only: [job.id], onProgress });
    };
    const offering = offer();
    try {
      await waitForJob(context, job.id, { signal: lost });
    } finally {
      over.abort();
      await offering;
    }
  }

  #tell({ phase, detail }: ProvisionProgress): void {
    const words = detail === undefined ? WORDS[phase] : `${WORDS[phase]}: ${detail}`;
    for (const listener of this.#listeners) listener(words);
  }
}
