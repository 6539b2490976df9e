import type { Outcome } from '@hodei/domain';

/** Says in one sentence how an attempt or a job ended: the cause first, then what is known about it. */
export function explainEnd({ cause, evidence }: Outcome): string {
  const { exitCode, signal, message, by, oomKilled } = evidence;
  switch (cause) {
    case 'exited':
      return join(
        `exited with code ${exitCode ?? 'unknown'}`,
        oomKilled === true ? 'the kernel killed a process of it for memory' : undefined,
        message,
      );
    case 'signalled':
      return join(`was killed by ${signal ?? 'a signal'}`, message);
    case 'cancelled':
      return join(by === undefined ? 'was cancelled' : `was cancelled by ${by}`, message);
    case 'oom_killed':
      return join('was killed for memory (oom_killed)', message ?? 'give it more with --memory');
    case 'timed_out':
      return join('timed out (timed_out)', message);
    case 'wait_timeout':
      return join('never began (wait_timeout)', message);
    default:
      return join(`failed (${cause})`, message);
  }
}

/** The same in a word or two, for a column. */
export const shortEnd = ({ cause, evidence }: Outcome): string =>
  cause === 'exited' ? `exit ${evidence.exitCode ?? '?'}` : cause;

const join = (...parts: readonly (string | undefined)[]): string =>
  parts.filter((part) => part !== undefined).join(': ');
