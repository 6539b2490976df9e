import type { EpochMs } from '@hodei/domain';

/** A length of time for people, in two units at most: `350ms`, `2.4s`, `3m12s`, `5h03m`, `12d4h`. */
export function formatDuration(durationMs: number): string {
  const ms = Math.max(0, Math.round(durationMs));
  if (ms < 1000) return `${ms}ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)}s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m${two(seconds % 60)}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)}h${two(minutes % 60)}m`;
  return `${Math.floor(minutes / 1440)}d${Math.floor((minutes % 1440) / 60)}h`;
}

/** How long ago something was, in one unit: `now`, `42s`, `3m`, `5h`, `12d`. */
export function formatAge(at: EpochMs, now: EpochMs): string {
  const seconds = Math.floor((now - at) / 1000);
  if (seconds < 1) return 'now';
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 24 * 3600) return `${Math.floor(seconds / 3600)}h`;
  return `${Math.floor(seconds / (24 * 3600))}d`;
}

/** The same in words: `just now`, `3m ago`. */
export function formatAgo(at: EpochMs, now: EpochMs): string {
  const age = formatAge(at, now);
  return age === 'now' ? 'just now' : `${age} ago`;
}

const two = (number: number): string => String(number).padStart(2, '0');
