import type { Diagnostics } from '@hodei/application';

/** What went wrong belongs beside the figures: a run in which it did measures something else. */
export const benchDiagnostics = (say: (words: string) => void): Diagnostics => ({
  info: () => undefined,
  warn: (message, facts) => say(`warning: ${message} ${wordsOf(facts?.['error'])}`),
  error: (message, facts) => say(`error: ${message} ${wordsOf(facts?.['error'])}`),
});

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : '');
