import { shorten, visibleLength } from './width.ts';

/** One column of a table. */
export interface Column<Row> {
  readonly title: string;
  readonly value: (row: Row) => string;
  /**
   * Is made narrower where the lines are too long, and left out where that is not enough: those with the higher number
   * first. Absent: it is always there, and made narrower only once nothing is left to leave out.
   */
  readonly shrink?: number;
  readonly align?: 'right';
}

const GAP = '  ';
/** No column is made narrower than this. */
const LEAST_WIDTH = 6;

/** A column as it is laid out. */
interface Place {
  readonly index: number;
  readonly shrink: number | undefined;
  readonly least: number;
  width: number;
}

/** Lines of a table with its titles; with a width, none of them is longer. */
export function renderTable<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  width?: number,
): readonly string[] {
  const cells = [columns.map(({ title }) => title), ...rows.map((row) => columns.map((column) => column.value(row)))];
  const places = columns.map(({ shrink, title }, index): Place => {
    const full = Math.max(...cells.map((line) => visibleLength(line[index] ?? '')));
    return { index, shrink, least: Math.min(full, Math.max(LEAST_WIDTH, title.length)), width: full };
  });
  const shown = width === undefined ? places : fit(places, width);
  const lines = cells.map((line) =>
    shown
      .map(({ index, width: wide }) => pad(shorten(line[index] ?? '', wide), wide, columns[index]?.align))
      .join(GAP)
      .trimEnd(),
  );
  return width === undefined ? lines : lines.map((line) => shorten(line, width));
}

/** The columns there is room for, as wide as they may be. */
function fit(all: readonly Place[], width: number): readonly Place[] {
  let places = all;
  const leastOf = ({ shrink, least, width: full }: Place): number => (shrink === undefined ? full : least);
  while (total(places, leastOf) > width) {
    const [first] = places.filter(({ shrink }) => shrink !== undefined).toSorted(byShrink);
    if (first === undefined) break;
    places = places.filter((place) => place !== first);
  }
  const kept = places.filter(({ shrink }) => shrink === undefined).toSorted((a, b) => b.width - a.width);
  for (const place of [...places.filter(({ shrink }) => shrink !== undefined).toSorted(byShrink), ...kept]) {
    const tooMuch = total(places, (each) => each.width) - width;
    place.width = Math.max(place.least, place.width - Math.max(0, tooMuch));
  }
  return places;
}

const total = (places: readonly Place[], widthOf: (place: Place) => number): number =>
  places.reduce((sum, place) => sum + widthOf(place), GAP.length * (places.length - 1));

const byShrink = (a: Place, b: Place): number => (b.shrink ?? 0) - (a.shrink ?? 0);

function pad(text: string, width: number, align: 'right' | undefined): string {
  const blank = ' '.repeat(Math.max(0, width - visibleLength(text)));
  return align === 'right' ? blank + text : text + blank;
}
