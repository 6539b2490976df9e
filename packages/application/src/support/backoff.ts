/** The wait before try number `tries` (from 0), in milliseconds: doubles from `firstMs`, up to `mostMs`. */
export const backoffMs = (tries: number, firstMs = 50, mostMs = 5000): number =>
  Math.min(mostMs, firstMs * 2 ** Math.min(tries, 30));
