import type { AttemptId, ProvisionProgress } from '@hodei/domain';

/** What a worker that is made for a job waits for: its image; its turn among the starts of its provider; its engine. */
export interface Preparation {
  readonly step: 'image' | 'turn' | 'worker';
  /** One line of words, like `12.3 of 45.6 MB`. */
  readonly detail?: string;
}

/**
 * How far this process is with the workers that it makes for jobs: finer than the rows, which say no more than that a
 * worker is being made. Whoever asks another instance is told what the rows say.
 */
export class Preparations {
  readonly #underWay = new Map<AttemptId, Preparation>();

  /** Begins with the image; disposed of when the worker is ready, or won't be. */
  begin(attemptId: AttemptId): Disposable & { note(preparation: Preparation): void } {
    const note = (preparation: Preparation): void => void this.#underWay.set(attemptId, preparation);
    note({ step: 'image' });
    return { note, [Symbol.dispose]: () => void this.#underWay.delete(attemptId) };
  }

  /** Absent where this process does not make the worker of the attempt. */
  of(attemptId: AttemptId): Preparation | undefined {
    return this.#underWay.get(attemptId);
  }
}

/** What the progress of a provider says of it. */
export const preparationOf = ({ phase, detail }: ProvisionProgress): Preparation =>
  phase === 'pulling-image' ? { step: 'image', ...(detail === undefined ? {} : { detail }) } : { step: 'worker' };
