import { oneLine } from './width.ts';

/** A command as one would type it, on one line. For people: what can't be shown is escaped. */
export const quoteWords = (words: readonly string[]): string => words.map(quoteWord).join(' ');

function quoteWord(word: string): string {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word;
  return oneLine(`'${word.replaceAll("'", String.raw`'\''`)}'`);
}
