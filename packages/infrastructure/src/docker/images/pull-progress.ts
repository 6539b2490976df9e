import { numberOf, objectOf, textOf } from '../engine/untyped.ts';

/** One line of an engine's report of a pull, as far as it matters. */
interface PullLine {
  readonly id: string;
  readonly status: string;
  readonly current: number;
  readonly total: number;
}

interface Layer {
  /** The furthest it came, by what was done to it. */
  readonly furthest: Map<string, number>;
  total: number;
  downloaded: number;
}

const MB = 1_000_000;

/** Adds up the report of a pull over its layers. */
export class PullProgress {
  readonly #layers = new Map<string, Layer>();
  #detail = '';

  /** Like `12.3 of 45.6 MB`; empty while nothing is known. */
  get detail(): string {
    return this.#detail;
  }

  /**
   * Takes one line.
   *
   * @returns whether anything was got on with. `Retrying in 5 seconds` is no progress, nor are bytes that
   * were there before.
   */
  take(line: PullLine): boolean {
    const { id, status, current, total } = line;
    if (status === '' || status.startsWith('Retrying')) return false;
    const layer: Layer = this.#layers.get(id) ?? { furthest: new Map(), total: 0, downloaded: 0 };
    this.#layers.set(id, layer);
    const furthest = layer.furthest.get(status);
    if (furthest !== undefined && current <= furthest) return false;
    layer.furthest.set(status, current);
    if (status === 'Downloading') {
      layer.downloaded = current;
      layer.total = Math.max(total, layer.total, current);
    } else if (status === 'Download complete' || status === 'Verifying Checksum' || status === 'Pull complete') {
      layer.downloaded = layer.total;
    }
    this.#detail = this.#describe();
    return true;
  }

  #describe(): string {
    let [downloaded, total] = [0, 0];
    for (const layer of this.#layers.values()) {
      downloaded += layer.downloaded;
      total += layer.total;
    }
    return total === 0 ? '' : `${(downloaded / MB).toFixed(1)} of ${(total / MB).toFixed(1)} MB`;
  }
}

/** Reads one value of the stream; what has another shape says nothing. */
export function readPullLine(value: unknown): PullLine & { readonly error: string } {
  const line = objectOf(value);
  const detail = objectOf(line['progressDetail']);
  return {
    id: textOf(line['id']),
    status: textOf(line['status']),
    error: textOf(line['error']),
    current: numberOf(detail['current']) ?? 0,
    total: numberOf(detail['total']) ?? 0,
  };
}
