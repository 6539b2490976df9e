import { stripVTControlCharacters } from 'node:util';

import stringWidth from 'string-width';

/** How many columns of a terminal it takes: a character may take two, or none. */
export const visibleLength = (text: string): number => stringWidth(text);

const characters = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** The text in at most `width` columns; where something is missing, it ends with "…". */
export function shorten(text: string, width: number): string {
  if (visibleLength(text) <= width) return text;
  let kept = '';
  let taken = 1;
  for (const { segment } of characters.segment(stripVTControlCharacters(text))) {
    taken += stringWidth(segment);
    if (taken > width) break;
    kept += segment;
  }
  return `${kept}…`;
}

/**
 * One line that can do no harm to a terminal: what a job was named or asked to run may hold anything, also what turns
 * the direction of the text around it.
 */
export const oneLine = (text: string): string =>
  // oxlint-disable-next-line no-control-regex -- control characters are just what is looked for
  text.replace(
    /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (character) => SHORT[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

const SHORT: Readonly<Record<string, string>> = { '\n': String.raw`\n`, '\r': String.raw`\r`, '\t': String.raw`\t` };
