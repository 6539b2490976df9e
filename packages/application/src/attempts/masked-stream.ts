import {
  createSecretMask,
  endOfChunk,
  gapChunk,
  type EpochMs,
  type OutputChunk,
  type OutputGap,
  type OutputStream,
} from '@hodei/domain';

/** Where the output of one stream is taken up again. */
export interface MaskStart {
  readonly stream: OutputStream;
  /** From here on output comes; what lies before `acknowledged` only for the mask to see it again. */
  readonly from: number;
  /** From here on output is new. */
  readonly acknowledged: number;
  /** Whether a gap lies right before `from`. */
  readonly isTorn: boolean;
}

/**
 * One stream of output on its way to the store: without secrets, without what is stored already, and with a gap
 * wherever the offsets of what arrives have a hole, so that no hole is ever closed up.
 */
export class MaskedStream {
  readonly #stream: OutputStream;
  readonly #acknowledged: number;
  readonly #mask: ReturnType<typeof createSecretMask>;
  /** Offset of the next byte that the mask gives out. */
  #next: number;
  /** Where the provider goes on. It counts anew from the offset of a gap of unknown length; the store does not. */
  #expected: number;

  constructor(secrets: readonly string[], { stream, from, acknowledged, isTorn }: MaskStart) {
    this.#stream = stream;
    this.#acknowledged = acknowledged;
    this.#mask = createSecretMask(secrets);
    if (isTorn) this.#mask.gap();
    this.#next = from;
    this.#expected = from;
  }

  /** What is to be stored of the next chunk, and of what was held back before. */
  push(chunk: OutputChunk): readonly OutputChunk[] {
    const { at, gap } = chunk;
    const ahead = chunk.offset - this.#expected;
    const before = ahead > 0 ? this.#lose({ reason: 'log_lost', lostBytes: ahead }, at) : [];
    const again = Math.max(0, -ahead);
    this.#expected = Math.max(this.#expected, endOfChunk(chunk));
    if (gap === undefined) return [...before, this.#release(this.#mask.push(chunk.bytes.subarray(again)), at)];
    if (gap.lostBytes === undefined) return [...before, ...this.#lose(gap, at)];
    const lostBytes = gap.lostBytes - again;
    return lostBytes > 0 ? [...before, ...this.#lose({ ...gap, lostBytes }, at)] : before;
  }

  /** The stream has ended: what was held back. */
  flush(at: EpochMs): OutputChunk {
    return this.#release(this.#mask.flush(), at);
  }

  #lose({ reason, lostBytes }: OutputGap, at: EpochMs): readonly OutputChunk[] {
    const held = this.#release(this.#mask.gap(), at);
    const begin = Math.max(this.#next, this.#acknowledged);
    const place = { stream: this.#stream, offset: begin, at };
    if (lostBytes === undefined) {
      this.#next = begin;
      return [held, gapChunk(place, reason)];
    }
    this.#next += lostBytes;
    return this.#next > begin ? [held, gapChunk(place, reason, this.#next - begin)] : [held];
  }

  #release(bytes: Uint8Array, at: EpochMs): OutputChunk {
    const skip = Math.min(bytes.length, Math.max(0, this.#acknowledged - this.#next));
    const offset = this.#next + skip;
    this.#next += bytes.length;
    return { stream: this.#stream, offset, bytes: bytes.subarray(skip), at };
  }
}
