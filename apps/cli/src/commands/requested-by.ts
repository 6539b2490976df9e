import { userInfo } from 'node:os';

/** Who asks for a cancellation, for the job's record. */
export function requestedBy(how: string): string {
  try {
    return `${userInfo().username} (${how})`;
  } catch {
    // A user id without a name, as in some containers.
    return `user ${process.getuid?.() ?? 'unknown'} (${how})`;
  }
}
