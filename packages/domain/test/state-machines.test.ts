import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  canTransitionJob,
  canTransitionWorker,
  isTerminalJobState,
  isTerminalWorkerState,
  JOB_STATES,
  JOB_TRANSITIONS,
  MAX_FREE_RETRIES,
  parseJobState,
  parseTerminationCause,
  parseWorkerState,
  TERMINATION_CAUSES,
  transitionJob,
  transitionWorker,
  WORKER_STATES,
  WORKER_TRANSITIONS,
  type TransitionTable,
} from '../src/index.ts';

interface Machine<State extends string> {
  readonly name: string;
  readonly initial: State;
  readonly states: readonly State[];
  readonly table: TransitionTable<State>;
  readonly transition: (from: State, to: State) => State;
  readonly can: (from: State, to: State) => boolean;
  readonly isTerminal: (state: State) => boolean;
  readonly parse: (text: string) => State;
  readonly terminal: readonly State[];
}

function describeMachine<State extends string>(machine: Machine<State>): void {
  const anyState = fc.constantFrom(...machine.states);

  describe(`the states of a ${machine.name}`, () => {
    test('never leave the table, whatever is asked for', () => {
      fc.assert(
        fc.property(fc.array(anyState, { maxLength: 30 }), (wishes) => {
          let state = machine.initial;
          let ended = false;
          for (const wish of wishes) {
            const allowed = machine.table[state].includes(wish);
            expect(machine.can(state, wish)).toBe(allowed);
            if (allowed) state = machine.transition(state, wish);
            else
              expect(() => machine.transition(state, wish)).toThrow(
                expect.objectContaining({ code: 'invalid_transition' }),
              );
            if (allowed) expect([state, ended]).toEqual([wish, false]);
            ended ||= machine.isTerminal(state);
          }
        }),
      );
    });

    test('end where they shall, and nothing leaves an end', () => {
      expect(machine.states.filter(machine.isTerminal)).toEqual(machine.terminal);
      for (const end of machine.terminal) for (const to of machine.states) expect(machine.can(end, to)).toBe(false);
    });

    test('can all be reached, and an end from each of them', () => {
      const reach = (from: State): ReadonlySet<State> => {
        const seen = new Set<State>([from]);
        for (const state of seen) for (const next of machine.table[state]) seen.add(next);
        return seen;
      };
      expect([...reach(machine.initial)].toSorted()).toEqual([...machine.states].toSorted());
      for (const state of machine.states) expect([...reach(state)].some(machine.isTerminal)).toBe(true);
    });

    test('are read back as they are, and an unknown one is refused', () => {
      for (const state of machine.states) expect(machine.parse(state)).toBe(state);
      for (const unknown of ['', 'TERMINATED', 'terminated ', 'constructor', '__proto__', 'toString']) {
        expect(() => machine.parse(unknown)).toThrow(expect.objectContaining({ code: 'unknown_value' }));
      }
    });
  });
}

describeMachine({
  name: 'worker',
  initial: 'creating',
  states: WORKER_STATES,
  table: WORKER_TRANSITIONS,
  transition: transitionWorker,
  can: canTransitionWorker,
  isTerminal: isTerminalWorkerState,
  parse: parseWorkerState,
  terminal: ['terminated'],
});

describeMachine({
  name: 'job',
  initial: 'pending',
  states: JOB_STATES,
  table: JOB_TRANSITIONS,
  transition: transitionJob,
  can: canTransitionJob,
  isTerminal: isTerminalJobState,
  parse: parseJobState,
  terminal: ['succeeded', 'failed', 'cancelled', 'timed_out'],
});

test('a worker can be destroyed from every state', () => {
  const living = WORKER_STATES.filter((state) => !isTerminalWorkerState(state));
  for (const state of living) expect(canTransitionWorker(state, 'terminated')).toBe(true);
  for (const state of living) expect(state === 'terminating' || canTransitionWorker(state, 'terminating')).toBe(true);
});

test('an unknown cause is refused', () => {
  for (const cause of Object.keys(TERMINATION_CAUSES)) expect(parseTerminationCause(cause)).toBe(cause);
  for (const unknown of ['', 'EXITED', 'constructor']) {
    expect(() => parseTerminationCause(unknown)).toThrow(expect.objectContaining({ code: 'unknown_value' }));
  }
});

describe('docs/state-machines.md', async () => {
  const page = await readFile(new URL('../../../docs/state-machines.md', import.meta.url), 'utf8');
  const section = (title: string): string => page.split(/^## /m).find((part) => part.startsWith(`${title}\n`)) ?? '';
  const arrows = (text: string): readonly string[] =>
    [...text.matchAll(/^ {2}(\S+) --> (\S+)$/gm)].map(([, from, to]) => `${from} --> ${to}`);
  const rows = (text: string): readonly (readonly string[])[] =>
    [...text.matchAll(/^\| (`.*) \|$/gm)].map(([, row = '']) =>
      row.split(' | ').map((cell) => cell.replaceAll('`', '')),
    );
  const arrowsOf = <S extends string>(initial: S, table: TransitionTable<S>): readonly string[] => [
    `[*] --> ${initial}`,
    ...Object.entries<readonly S[]>(table).flatMap(([from, next]) =>
      next.length === 0 ? [`${from} --> [*]`] : next.map((to) => `${from} --> ${to}`),
    ),
  ];

  test('draws the worker as it is', () => {
    expect(arrows(section('Worker'))).toEqual(arrowsOf('creating', WORKER_TRANSITIONS));
    expect(rows(section('Worker')).map(([state]) => state)).toEqual(WORKER_STATES);
  });

  test('draws the job as it is', () => {
    expect(arrows(section('Job'))).toEqual(arrowsOf('pending', JOB_TRANSITIONS));
    expect(rows(section('Job')).map(([state]) => state)).toEqual(JOB_STATES);
  });

  test('lists the causes as they are', () => {
    const causes = Object.entries(TERMINATION_CAUSES).map(([cause, { endsAs, retry }]) => [cause, endsAs, retry]);
    expect(rows(section('Causes'))).toEqual(causes);
    expect(section('Causes')).toContain(`at most ${MAX_FREE_RETRIES} times`);
  });
});
