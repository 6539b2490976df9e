import { HodeiError } from './errors.ts';

/** For each state, the states that may follow it. A state with none is terminal. */
export type TransitionTable<State extends string> = Readonly<Record<State, readonly State[]>>;

/** True where the table lets `to` follow `from`. */
export function canTransition<S extends string>(table: TransitionTable<S>, from: S, to: S): boolean {
  return table[from].includes(to);
}

/** True where nothing follows the state. */
export function isTerminal<S extends string>(table: TransitionTable<S>, state: S): boolean {
  return table[state].length === 0;
}

/**
 * The one way to change a state: returns `to`, or refuses.
 * @throws HodeiError `invalid_transition` where the table has no such step; the message lists what may follow.
 */
export function transition<S extends string>(table: TransitionTable<S>, subject: string, from: S, to: S): S {
  if (canTransition(table, from, to)) return to;
  const allowed = table[from].length === 0 ? 'nothing, it is terminal' : table[from].join(', ');
  throw new HodeiError(
    'invalid_transition',
    `${subject} can't go from ${from} to ${to}; after ${from} may come ${allowed}`,
    {
      details: { from, to },
    },
  );
}

/**
 * Reads a state that a database or an engine reported.
 * @throws HodeiError `unknown_value` for one that the table does not have; it is never guessed at.
 */
export function parseState<S extends string>(table: TransitionTable<S>, subject: string, text: string): S {
  if (Object.hasOwn(table, text)) return text as S;
  throw new HodeiError(
    'unknown_value',
    `"${text}" is no state of a ${subject}; known are ${Object.keys(table).join(', ')}`,
  );
}
