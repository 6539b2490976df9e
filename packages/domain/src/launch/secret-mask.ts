/** What a byte of a secret is shown as. */
const MASK_BYTE = 0x2a; // "*"

/**
 * Hides secrets in one stream of output, also where one is split across chunks. A secret is replaced by as
 * many `*` as it has bytes, so that offsets into masked and unmasked output are the same and reading can be
 * resumed at any acknowledged offset.
 *
 * Bytes at the end of a chunk that may be the beginning of a secret are held back until the next one (or
 * {@link SecretMask.flush}) decides.
 */
export interface SecretMask {
  /**
   * How many bytes before an offset must be seen again, by a fresh mask, to go on at that offset: one less
   * than the longest secret. An occurrence that reaches beyond the offset can't begin earlier.
   */
  readonly lookbehindBytes: number;
  /** Takes the next bytes; returns those that are settled, which may be none. */
  push(bytes: Uint8Array): Uint8Array;
  /** The stream has ended: returns what was held back. */
  flush(): Uint8Array;
  /**
   * Bytes are missing here. Returns what was held back, hidden: it may be the beginning of a secret whose end is
   * lost. What comes next and may be the end of one whose beginning is lost will be hidden as well.
   */
  gap(): Uint8Array;
}

const NOTHING = new Uint8Array(0);

/** What most jobs have: no secrets, so nothing to remember, and one serves all. */
const NO_MASK: SecretMask = { lookbehindBytes: 0, push: (bytes) => bytes, flush: () => NOTHING, gap: () => NOTHING };

/** A mask for these secrets. Empty ones are ignored; each line of a multi-line secret is hidden as well. */
export function createSecretMask(secrets: Iterable<string>): SecretMask {
  const values = valuesOf(secrets);
  return values.size === 0 ? NO_MASK : maskOf(values);
}

function valuesOf(secrets: Iterable<string>): ReadonlySet<string> {
  const values = new Set<string>();
  for (const secret of secrets) {
    if (secret !== '') values.add(secret);
    // A line of a key is as telling as the key; a very short one would blacken everything.
    for (const line of secret.split(/\r?\n/)) if (line.length >= 4) values.add(line);
  }
  return values;
}

function maskOf(values: ReadonlySet<string>): SecretMask {
  const encoder = new TextEncoder();
  // Longest first, so that a secret which contains another is hidden whole.
  const patterns = [...values].map((value) => encoder.encode(value)).toSorted((a, b) => b.length - a.length);
  let held = new Uint8Array(0);
  let hidden = new Uint8Array(0); // 1 where the held byte at this place belongs to a secret already found
  let isTorn = false; // bytes are missing before the held ones
  const lookbehindBytes = (patterns[0]?.length ?? 1) - 1;
  const step = (bytes: Uint8Array, final: boolean): Uint8Array => {
    const text = concat(held, bytes);
    const marks = concat(hidden, new Uint8Array(bytes.length));
    if (isTorn && !final && text.length < lookbehindBytes) {
      held = text;
      hidden = marks;
      return new Uint8Array(0);
    }
    if (isTorn) marks.fill(1, 0, Math.max(...patterns.map((pattern) => tornLength(text, pattern))));
    isTorn = false;
    for (const pattern of patterns) markAll(text, pattern, marks);
    const settled = final ? text.length : settledLength(text, patterns);
    const out = text.slice(0, settled);
    for (let i = 0; i < settled; i += 1) if (marks[i] === 1) out[i] = MASK_BYTE;
    held = text.slice(settled);
    hidden = marks.slice(settled);
    return out;
  };
  return {
    lookbehindBytes,
    push: (bytes) => step(bytes, false),
    flush: () => step(new Uint8Array(0), true),
    gap: () => {
      const out = new Uint8Array(held.length).fill(MASK_BYTE);
      held = new Uint8Array(0);
      hidden = new Uint8Array(0);
      isTorn = true;
      return out;
    },
  };
}

/** How much of the text's beginning may be the end of a secret. */
function tornLength(text: Uint8Array, pattern: Uint8Array): number {
  for (let length = Math.min(text.length, pattern.length - 1); length > 0; length -= 1) {
    if (matchesAt(text, pattern.subarray(pattern.length - length), 0, length)) return length;
  }
  return 0;
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
}

function markAll(text: Uint8Array, pattern: Uint8Array, marks: Uint8Array): void {
  const first = pattern[0] ?? 0;
  for (let at = text.indexOf(first); at !== -1; at = text.indexOf(first, at + 1)) {
    if (matchesAt(text, pattern, at, pattern.length)) marks.fill(1, at, at + pattern.length);
  }
}

/** Everything before the earliest place at which an unfinished secret may begin. */
function settledLength(text: Uint8Array, patterns: readonly Uint8Array[]): number {
  const longest = patterns[0]?.length ?? 0;
  for (let at = Math.max(0, text.length - longest + 1); at < text.length; at += 1) {
    const rest = text.length - at;
    if (patterns.some((pattern) => pattern.length > rest && matchesAt(text, pattern, at, rest))) return at;
  }
  return text.length;
}

function matchesAt(text: Uint8Array, pattern: Uint8Array, at: number, length: number): boolean {
  if (at + length > text.length) return false;
  for (let i = 0; i < length; i += 1) if (text[at + i] !== pattern[i]) return false;
  return true;
}
