import { JOB_STATES, WORKER_STATES, type HistoryEvent } from '@hodei/domain';
import type { InMemoryStore } from '@hodei/testkit/in-memory';

const STATES = { job: new Set<string>(JOB_STATES), worker: new Set<string>(WORKER_STATES) };

/**
 * Through which states each job and worker went since the last look, as the history tells it. One write may take a row
 * through several, and each step has to be one that the table allows.
 */
export class Steps {
  readonly #store: InMemoryStore;
  #seen = 0;
  #steps = new Map<string, string[]>();

  constructor(store: InMemoryStore) {
    this.#store = store;
  }

  /** Takes in what was written since the last look. */
  look(): void {
    this.#steps = new Map();
    const { history, lastHistorySeq } = this.#store;
    for (const event of history.slice(-Math.max(1, lastHistorySeq - this.#seen))) {
      if (event.seq > this.#seen) this.#take(event);
    }
    this.#seen = lastHistorySeq;
  }

  /** @returns the first step from the one state to the other that must not be, in words. */
  wrongStep<State extends string>(
    row: { readonly id: string; readonly state: State },
    before: State,
    mayGo: (from: State, to: State) => boolean,
  ): string | undefined {
    let from = before;
    for (const to of [...(this.#steps.get(row.id) ?? []), row.state] as State[]) {
      if (from !== to && !mayGo(from, to)) return `went from ${from} to ${to}`;
      from = to;
    }
    return undefined;
  }

  #take({ kind, jobId, workerId }: HistoryEvent): void {
    const [subject, state = ''] = kind.split('.');
    const id = subject === 'job' ? jobId : workerId;
    if ((subject !== 'job' && subject !== 'worker') || id === undefined || !STATES[subject].has(state)) return;
    const steps = this.#steps.get(id) ?? [];
    this.#steps.set(id, steps);
    steps.push(state);
  }
}
