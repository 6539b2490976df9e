/** Facts beside a message, for a structured log. Never a secret. */
export type DiagnosticFacts = Readonly<Record<string, unknown>>;

/**
 * Where background work reports what nobody waits for. The boundary that decides reports once; nothing is
 * reported and thrown.
 */
export interface Diagnostics {
  /** Went as it should, worth knowing. */
  info(message: string, facts?: DiagnosticFacts): void;
  /** Went wrong and was dealt with, like a retry. */
  warn(message: string, facts?: DiagnosticFacts): void;
  /** Went wrong; a person should look. */
  error(message: string, facts?: DiagnosticFacts): void;
}
