import type { Page, PageRequest } from '@hodei/domain';

/** The most rows of one page. */
const PAGE_ROWS = 1000;

/** The first `limit` rows of a listing, over as many pages as that takes. */
export async function listAll<Item>(
  list: (page: PageRequest) => Promise<Page<Item>>,
  limit: number,
): Promise<readonly Item[]> {
  const items: Item[] = [];
  let cursor: string | undefined;
  do {
    const page = await list({
      limit: Math.min(PAGE_ROWS, limit - items.length),
      ...(cursor === undefined ? {} : { cursor }),
    });
    items.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== undefined && items.length < limit);
  return items;
}
