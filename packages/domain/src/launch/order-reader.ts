import { MARKER_START, parseLaunchMarker, type LaunchVerdict } from './launch-order.ts';
import { MARKER_END, parseJobEnd, type JobEnd } from './reusable-launch.ts';

const NOTHING: Uint8Array = new Uint8Array(0);
const RECORD_SEPARATOR = 0x1e;
const NEWLINE = 0x0a;
const NONCE_LENGTH = 32;
/** No marker, nor what of it is there, is longer. */
const MAX_MARKER_BYTES = 96;

/**
 * Reads one stream of a reusable worker: lets through what the job of one order wrote, which stands between
 * its launch marker and its end marker. Bytes of other jobs, and markers, are no part of it.
 */
export interface OrderReader {
  /** What the worker said to the order; absent while it is not known. Only stdout brings a refusal. */
  readonly verdict: LaunchVerdict | undefined;
  /** Present when the job has ended, and all that it wrote was let through. */
  readonly end: JobEnd | undefined;
  /** Takes the next bytes of the stream; returns those of them, and of what was held back, that are the job's. */
  push(bytes: Uint8Array): Uint8Array;
  /** The stream has ended: returns what was held back because it might have become a marker. */
  flush(): Uint8Array;
}

/** @param nonce of the order; absent: those of all orders, one after the other. */
export function createOrderReader(nonce?: string): OrderReader {
  let held: Uint8Array = NOTHING;
  let verdict: LaunchVerdict | undefined;
  let end: JobEnd | undefined;
  /** The nonce of the job whose bytes come now; absent: between jobs. */
  let inside: string | undefined;

  /** Skips what is before the next marker that counts; returns where to go on. */
  const seek = (bytes: Uint8Array): number => {
    for (let at = bytes.indexOf(RECORD_SEPARATOR); at !== -1; at = bytes.indexOf(RECORD_SEPARATOR, at + 1)) {
      const marker = readMarker(bytes, at);
      if (marker === 'incomplete') return at;
      if (marker === undefined || (nonce !== undefined && marker.nonce !== nonce)) continue;
      if (marker.end !== undefined) {
        // A refused order has no launch marker on stderr.
        if (nonce === undefined) continue;
        end = marker.end;
        return bytes.length;
      }
      verdict = marker.verdict;
      if (verdict !== 'launched') continue;
      inside = marker.nonce;
      return marker.after;
    }
    return bytes.length;
  };

  /** Returns where the job's own bytes end that begin at `from`, and where to go on. */
  const take = (bytes: Uint8Array, from: number): { readonly own: number; readonly next: number } => {
    for (let at = bytes.indexOf(RECORD_SEPARATOR, from); at !== -1; at = bytes.indexOf(RECORD_SEPARATOR, at + 1)) {
      const marker = readMarker(bytes, at, inside);
      if (marker === 'incomplete') return { own: at, next: at };
      if (marker?.end === undefined) continue;
      inside = undefined;
      if (nonce !== undefined) end = marker.end;
      return { own: at, next: marker.after };
    }
    return { own: bytes.length, next: bytes.length };
  };

  return {
    get verdict() {
      return verdict;
    },
    get end() {
      return end;
    },
    push: (bytes) => {
      let rest = held.length === 0 ? bytes : join(held, bytes);
      held = NOTHING;
      let own = NOTHING;
      while (rest.length > 0 && end === undefined) {
        const wasInside = inside !== undefined;
        const from = wasInside ? 0 : seek(rest);
        if (inside === undefined) {
          held = rest.subarray(from);
          break;
        }
        const { own: until, next } = take(rest, from);
        own = own.length === 0 ? rest.subarray(from, until) : join(own, rest.subarray(from, until));
        rest = rest.subarray(next);
        if (inside !== undefined) {
          held = rest;
          break;
        }
      }
      return own;
    },
    flush: () => {
      const rest = inside === undefined ? NOTHING : held;
      held = NOTHING;
      return rest;
    },
  };
}

interface Marker {
  readonly nonce: string;
  readonly verdict?: LaunchVerdict;
  readonly end?: JobEnd;
  readonly after: number;
}

/** The marker that begins at this byte, if it is one (with this nonce, where that is given). */
function readMarker(bytes: Uint8Array, at: number, nonce = ''): Marker | 'incomplete' | undefined {
  const begin = `${MARKER_START}${nonce}`;
  for (let index = 1; index < begin.length; index += 1) {
    const byte = bytes[at + index];
    if (byte === undefined) return 'incomplete';
    if (byte !== begin.charCodeAt(index)) return undefined;
  }
  let after = at + 1;
  while (bytes[after] !== NEWLINE && bytes[after] !== RECORD_SEPARATOR) {
    if (after - at > MAX_MARKER_BYTES) return undefined;
    if (after >= bytes.length) return 'incomplete';
    after += 1;
  }
  const text = String.fromCharCode(...bytes.subarray(at, after + 1));
  if (text.endsWith('\n')) {
    const launch = parseLaunchMarker(text.slice(0, -1));
    return launch === undefined ? undefined : { ...launch, after: after + 1 };
  }
  const colon = MARKER_START.length + NONCE_LENGTH;
  const end = text.endsWith(MARKER_END) ? parseJobEnd(text.slice(colon + 1, -1)) : undefined;
  return end === undefined ? undefined : { nonce: text.slice(MARKER_START.length, colon), end, after: after + 1 };
}

function join(first: Uint8Array, second: Uint8Array): Uint8Array {
  const joined = new Uint8Array(first.length + second.length);
  joined.set(first);
  joined.set(second, first.length);
  return joined;
}
