import { HodeiError, parseTerminationCause, type EpochMs, type Outcome, type TerminationEvidence } from '@hodei/domain';

/** A moment as a parameter. @throws HodeiError `invalid_input` for one that no date can be. */
export function timestamp(at: EpochMs): Date {
  const date = new Date(at);
  if (!Number.isNaN(date.getTime())) return date;
  throw new HodeiError('invalid_input', `${at} is no moment; give milliseconds since 1970`);
}

/** The field, or nothing where the column is null. */
export function optional<Name extends string, Value>(
  name: Name,
  value: Value | null,
): { readonly [N in Name]?: Value } {
  return value === null ? {} : ({ [name]: value } as { readonly [N in Name]?: Value });
}

/** Bytes as everyone else knows them; the driver gives a Buffer. */
export const plainBytes = (buffer: Uint8Array): Uint8Array =>
  new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);

/** @throws HodeiError `unknown_value` for a cause that this version does not know. */
export function toOutcome(column: unknown): Outcome {
  const { cause, evidence } = column as { readonly cause: string; readonly evidence: TerminationEvidence };
  return { cause: parseTerminationCause(cause), evidence };
}

/** What the history tells of an outcome. */
export function outcomeFacts(outcome: Outcome | undefined): string {
  if (outcome === undefined) return '{}';
  return JSON.stringify({ cause: outcome.cause, exitCode: outcome.evidence.exitCode });
}
