import { MAX_MARKER_BYTES, parseLaunchMarker, type LaunchVerdict } from './launch-order.ts';

const NEWLINE = 0x0a;
const NOTHING: Uint8Array = new Uint8Array(0);

/**
 * Reads a worker's stdout from its first byte: finds the launch marker, which is its first line, and lets
 * through what is the job's own. A first line that is no marker of this nonce is the job's own as well.
 */
export interface LaunchReader {
  /** What the worker said; absent as long as it is not known, and for good where it said nothing. */
  readonly verdict: LaunchVerdict | undefined;
  /** Takes the next bytes of stdout; returns those of them that are the job's own. */
  push(bytes: Uint8Array): Uint8Array;
  /** Stdout has ended: returns what was held back because it might have become a marker. */
  flush(): Uint8Array;
}

/** A reader for the marker with this nonce. */
export function createLaunchReader(nonce: string): LaunchReader {
  let held: Uint8Array | undefined = NOTHING;
  let verdict: LaunchVerdict | undefined;
  const flush = (): Uint8Array => {
    const rest = held ?? NOTHING;
    held = undefined;
    return rest;
  };
  return {
    get verdict() {
      return verdict;
    },
    push: (bytes) => {
      if (held === undefined) return bytes;
      const begun = new Uint8Array(held.length + bytes.length);
      begun.set(held);
      begun.set(bytes, held.length);
      held = begun;
      const newline = begun.indexOf(NEWLINE);
      if (newline === -1) return begun.length < MAX_MARKER_BYTES ? NOTHING : flush();
      const marker = parseLaunchMarker(new TextDecoder().decode(begun.subarray(0, newline)));
      if (marker?.nonce !== nonce) return flush();
      verdict = marker.verdict;
      return flush().subarray(newline + 1);
    },
    flush,
  };
}
