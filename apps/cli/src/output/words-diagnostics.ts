import { inspect } from 'node:util';

import type { DiagnosticFacts, Diagnostics } from '@hodei/application';
import type { Settings } from '@hodei/server';

import type { Sink } from './sink.ts';
import { oneLine } from './width.ts';

const RANKS: Readonly<Record<Settings['logLevel'], number>> = {
  trace: 0,
  debug: 1,
  info: 2,
  warn: 3,
  error: 4,
  silent: 5,
};

/** Tells a person, in words, what background work reports from this level on. */
export function createWordsDiagnostics(sink: Sink, level: Settings['logLevel']): Diagnostics {
  const tell =
    (rank: 'info' | 'warn' | 'error') =>
    (message: string, facts: DiagnosticFacts = {}): void => {
      if (RANKS[rank] < RANKS[level]) return;
      const causes = RANKS[level] <= RANKS.debug ? `\n${inspect(facts, { depth: 4 })}` : '';
      // Nobody is left to be told where stderr is closed.
      sink.write(`hodei: ${oneLine([message, ...words(facts)].join('; '))}${causes}\n`).catch(() => undefined);
    };
  return { info: tell('info'), warn: tell('warn'), error: tell('error') };
}

function* words(facts: DiagnosticFacts): Generator<string> {
  for (const [name, fact] of Object.entries(facts)) {
    if (fact instanceof Error) yield fact.message;
    else if (typeof fact === 'string' || typeof fact === 'number') yield `${name} ${fact}`;
  }
}
