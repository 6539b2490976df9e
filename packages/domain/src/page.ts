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
