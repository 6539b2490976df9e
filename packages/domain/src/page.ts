import type { EpochMs } from './clock.ts';
import { HodeiError } from './errors.ts';

/** One page of a listing. */
export interface Page<Item> {
  readonly items: readonly Item[];
  /** Give it back as `cursor` for the next page; absent on the last one. */
  readonly nextCursor?: string;
}

/** Which page to read. */
export interface PageRequest {
  /** From {@link Page.nextCursor}; opaque. */
  readonly cursor?: string;
  /** 1 to 1000. */
  readonly limit: number;
}

/** The place in a listing, newest first, after which a page begins: a row that may be gone by now. */
export interface PageStart {
  readonly createdAt: EpochMs;
  readonly id: string;
}

const CURSOR = /^(\d{1,16})\.([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$/;

/**
 * Reads a page request; a store needs no more to find the page.
 * @throws HodeiError `invalid_input` for a limit out of bounds, or a cursor that {@link toPage} did not give.
 */
export function parsePageRequest(request: PageRequest): { readonly limit: number; readonly after?: PageStart } {
  const { limit, cursor } = request;
  if (!(Number.isInteger(limit) && limit >= 1 && limit <= 1000)) {
    throw new HodeiError('invalid_input', `limit ${limit} must be a whole number from 1 to 1000`, {
      details: { field: 'limit' },
    });
  }
  if (cursor === undefined) return { limit };
  const [, createdAt, id] = CURSOR.exec(cursor) ?? [];
  if (createdAt === undefined || id === undefined) {
    throw new HodeiError(
      'invalid_input',
      `cursor "${cursor.slice(0, 80)}" is none that a listing gave; leave it out for the first page`,
      {
        details: { field: 'cursor' },
      },
    );
  }
  return { limit, after: { createdAt: Number(createdAt), id } };
}

/** Makes the page from what a store found. @param found the page's rows, and one more where there is one. */
export function toPage<Item extends PageStart>(found: readonly Item[], limit: number): Page<Item> {
  const items = found.slice(0, limit);
  const last = items.at(-1);
  return found.length <= limit || last === undefined
    ? { items }
    : { items, nextCursor: `${last.createdAt}.${last.id}` };
}
