import { stripVTControlCharacters } from 'node:util';

/** How many characters a person sees. */
export const visibleLength = (text: string): number => Array.from(stripVTControlCharacters(text)).length;

/** The text in at most `width` characters; where something is missing, it ends with "…". */
export function shorten(text: string, width: number): string {
  if (visibleLength(text) <= width) return text;
  return `${Array.from(stripVTControlCharacters(text))
    .slice(0, Math.max(0, width - 1))
    .join('')}…`;
}

/** One line that can do no harm to a terminal: what a job was named or asked to run may hold anything. */
export const oneLine = (text: string): string =>
  // oxlint-disable-next-line no-control-regex -- control characters are just what is looked for
  text.replace(
    /[\u0000-\u001f\u007f-\u009f]/g,
    (character) => SHORT[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

const SHORT: Readonly<Record<string, string>> = { '\n': String.raw`\n`, '\r': String.raw`\r`, '\t': String.raw`\t` };
