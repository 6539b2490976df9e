/**
 * Shares lines among those that want some: who wants no more than an equal part gets it all, and what they leave is
 * for the others (max-min fairness). Where a line is over, the last ones get it.
 */
export function shareLines(wanted: readonly number[], room: number): readonly number[] {
  const shares = wanted.map(() => 0);
  const bySize = wanted.map((lines, index) => ({ lines, index })).toSorted((a, b) => a.lines - b.lines);
  let left = Math.max(0, room);
  for (const [done, { lines, index }] of bySize.entries()) {
    const share = Math.min(lines, Math.floor(left / (bySize.length - done)));
    shares[index] = share;
    left -= share;
  }
  return shares;
}
