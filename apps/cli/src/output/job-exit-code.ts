import type { Outcome } from '@hodei/domain';

/** Exit codes of `hodei` that are not a job's own; those above 125 are what `docker run` and shells use. */
export const EXIT = {
  ok: 0,
  /** `hodei doctor` found something that has to be mended. */
  unwell: 1,
  /** As timeout(1). */
  timedOut: 124,
  /** The platform failed, not the job; also a wrong option. */
  platformFailed: 125,
  notExecutable: 126,
  commandNotFound: 127,
  /** Ended by Ctrl-C, or cancelled from elsewhere. */
  cancelled: 130,
  oomKilled: 137,
  /** Nobody reads what we write: what a shell shows for SIGPIPE. */
  outputClosed: 141,
} as const;

const SIGNAL_NUMBERS: Readonly<Record<string, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGILL: 4,
  SIGTRAP: 5,
  SIGABRT: 6,
  SIGBUS: 7,
  SIGFPE: 8,
  SIGKILL: 9,
  SIGUSR1: 10,
  SIGSEGV: 11,
  SIGUSR2: 12,
  SIGPIPE: 13,
  SIGALRM: 14,
  SIGTERM: 15,
};

/** The exit code with which `hodei run` tells how its job ended. */
export function jobExitCode({ cause, evidence }: Outcome): number {
  switch (cause) {
    case 'exited':
      return evidence.exitCode ?? EXIT.platformFailed;
    case 'signalled':
      return evidence.exitCode ?? 128 + (SIGNAL_NUMBERS[evidence.signal ?? ''] ?? 0);
    case 'oom_killed':
      return EXIT.oomKilled;
    case 'timed_out':
    case 'wait_timeout':
      return EXIT.timedOut;
    case 'cancelled':
      return EXIT.cancelled;
    case 'command_not_found':
      return EXIT.commandNotFound;
    case 'start_failed':
      return evidence.exitCode === EXIT.notExecutable ? EXIT.notExecutable : EXIT.platformFailed;
    case 'image_not_found':
    case 'image_pull_denied':
    case 'image_pull_timeout':
    case 'image_pull_failed':
    case 'retired':
    case 'never_launched':
    case 'worker_lost':
    case 'provider_unavailable':
    case 'limit_exceeded':
      return EXIT.platformFailed;
    default:
      return cause satisfies never;
  }
}

/** True where the job did not run to an end of its own making: a person must hear of it, however quiet we are to be. */
export const isPlatformFailure = ({ cause }: Outcome): boolean => !RAN.includes(cause);

const RAN: readonly Outcome['cause'][] = ['exited', 'signalled', 'oom_killed', 'timed_out', 'cancelled'];
