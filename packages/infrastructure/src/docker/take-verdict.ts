import { MAX_MARKER_BYTES, parseLaunchMarker, type LaunchVerdict } from '@hodei/domain';

import type { Frame } from './read-frames.ts';

/** What the head of a worker's stdout says. */
export type Head =
  | { readonly kind: 'verdict'; readonly verdict: LaunchVerdict; readonly rest: readonly Frame[] }
  /** The stream ended, or broke off, before stdout had a whole line. */
  | { readonly kind: 'ended'; readonly error?: unknown }
  /** Stdout begins with something else than this attempt's marker. */
  | { readonly kind: 'no-marker'; readonly found: string };

const NEWLINE = 0x0a;

/**
 * Reads up to the launch marker, and takes it off. What the launcher or the job wrote beside it is `rest`, in
 * its order, and belongs in front of what `frames` still has.
 */
export async function takeVerdict(frames: AsyncIterator<Frame>, nonce: string): Promise<Head> {
  const rest: Frame[] = [];
  let line = new Uint8Array(0);
  try {
    for (;;) {
      const next = await frames.next();
      if (next.done === true) return { kind: 'ended' };
      const frame = next.value;
      if (frame.stream === 'stderr') {
        rest.push(frame);
        continue;
      }
      line = concat(line, frame.bytes);
      const end = line.indexOf(NEWLINE);
      if (end === -1 && line.length <= MAX_MARKER_BYTES) continue;
      const found = new TextDecoder('latin1').decode(line.subarray(0, end === -1 ? MAX_MARKER_BYTES : end));
      const marker = parseLaunchMarker(found);
      if (marker?.nonce !== nonce) return { kind: 'no-marker', found: found.slice(0, MAX_MARKER_BYTES) };
      if (end + 1 < line.length) rest.push({ ...frame, bytes: line.subarray(end + 1) });
      return { kind: 'verdict', verdict: marker.verdict, rest };
    }
  } catch (error) {
    return { kind: 'ended', error };
  }
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
}
