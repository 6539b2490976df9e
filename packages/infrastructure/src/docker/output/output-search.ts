import { matchesAt } from './output-place.ts';

const ANY = 0x2a; // "*"

/** Fewer bytes than these are found anywhere. */
const FEWEST_BYTES = 32;

/** What a search through one stream of a log found. */
export interface SearchResult {
  /** Where the known bytes end, as the log counts; absent where they are not there, or there several times. */
  readonly end?: number;
  /** How much there is of the stream. */
  readonly length: number;
}

/** Looks for known bytes in a stream that arrives in pieces. Keeps no more of it than the bytes have. */
export interface OutputSearch {
  push(bytes: Uint8Array): void;
  result(): SearchResult;
}

/** @param known with `*` where any byte may be. */
export function createOutputSearch(known: Uint8Array): OutputSearch {
  const anchor = longestRun(known);
  let carry = new Uint8Array(0);
  let head = new Uint8Array(0);
  let length = 0;
  const ends: number[] = [];
  const search = (text: Buffer, origin: number): void => {
    const { bytes, at: inPattern } = anchor;
    for (let at = text.indexOf(bytes); at !== -1 && ends.length < 2; at = text.indexOf(bytes, at + 1)) {
      const begin = at - inPattern;
      if (matchesAt(text, begin, known)) ends.push(origin + begin + known.length);
    }
  };
  return {
    push: (bytes) => {
      const text = Buffer.concat([carry, bytes]);
      if (head.length < known.length) head = new Uint8Array(Buffer.concat([head, bytes.subarray(0, known.length)]));
      if (known.length >= FEWEST_BYTES && anchor.bytes.length > 0) search(text, length - carry.length);
      length += bytes.length;
      // A whole occurrence does not fit into what is carried over, so none is found twice.
      carry = new Uint8Array(text.subarray(Math.max(0, text.length - known.length + 1)));
    },
    result: () => {
      const [end, another] = ends;
      if (end !== undefined) return another === undefined ? { end, length } : { length };
      // The log may begin in the midst of what is known.
      for (let most = Math.min(known.length, head.length); most >= FEWEST_BYTES; most -= 1)
        if (matchesAt(head, 0, known.subarray(known.length - most))) return { end: most, length };
      return { length };
    },
  };
}

/** The longest part of the bytes without a `*`, and where it is. */
function longestRun(known: Uint8Array): { readonly bytes: Uint8Array; readonly at: number } {
  let longest = { bytes: new Uint8Array(0), at: 0 };
  for (let from = 0; from < known.length;) {
    const star = known.indexOf(ANY, from);
    const to = star === -1 ? known.length : star;
    if (to - from > longest.bytes.length) longest = { bytes: known.slice(from, to), at: from };
    from = to + 1;
  }
  return longest;
}
