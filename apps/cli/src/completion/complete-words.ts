import type { Argument, Command, Option } from 'commander';

/** Something that may stand at the cursor, and what it means. */
export interface Candidate {
  readonly value: string;
  readonly about?: string;
}

/** The value that an argument or an option takes: where to look it up, like `jobs get <id>` or `jobs ls --state`. */
export type ValueKey = string;

/** Gives the values that may stand at a place. */
export type FindValues = (key: ValueKey) => Promise<readonly Candidate[]>;

/**
 * What may follow on a command line, as the commands themselves are declared: nothing is listed a second time.
 * @param words what stands behind the name of the program; the last is the one at the cursor, and may be empty.
 */
export async function completeWords(
  program: Command,
  words: readonly string[],
  findValues: FindValues,
): Promise<readonly Candidate[]> {
  const { before, current, prefix } = joinAssignments(words);
  const place = walk(program, before);
  if (place === undefined) return [];
  const { command, path, position, option } = place;
  const matching = (candidates: readonly Candidate[], lead = ''): readonly Candidate[] =>
    candidates
      .filter(({ value }) => value.startsWith(current.slice(lead.length)))
      .map((candidate) => ({ ...candidate, value: `${lead.slice(prefix.length)}${candidate.value}` }));
  if (option !== undefined) return matching(await findValues(keyOf(path, option)));
  const [, assigned] = /^(--[^=]+)=/.exec(current) ?? [];
  const given = assigned === undefined ? undefined : findOption(command, assigned);
  if (given !== undefined && assigned !== undefined)
    return matching(await findValues(keyOf(path, given)), `${assigned}=`);
  if (current.startsWith('-')) return matching(optionsOf(command));
  const commands = visible(command).map((each) => ({
    value: each.name(),
    about: each.summary() || each.description(),
  }));
  const { registeredArguments } = command;
  const last = registeredArguments.at(-1);
  const argument: Argument | undefined = registeredArguments[position] ?? (last?.variadic === true ? last : undefined);
  const values = argument === undefined ? [] : await findValues(keyOf(path, argument));
  return matching([...(position === 0 ? commands : []), ...values]);
}

/** Where a value is looked up. */
export const keyOf = (path: readonly string[], taker: Option | Argument): ValueKey =>
  [...path, 'flags' in taker ? (taker.long ?? taker.flags) : `<${taker.name()}>`].join(' ');

/** The commands that the help shows. */
export const visible = (command: Command): readonly Command[] =>
  command
    .createHelp()
    .visibleCommands(command)
    .filter((each) => each.name() !== 'help');

const optionsOf = (command: Command): readonly Candidate[] =>
  command
    .createHelp()
    .visibleOptions(command)
    .map(({ long, short, description }) => ({ value: long ?? short ?? '', about: description }));

const findOption = (command: Command, flag: string): Option | undefined =>
  command.options.find(({ long, short }) => flag === long || flag === short);

interface Place {
  readonly command: Command;
  readonly path: readonly string[];
  /** How many arguments stand before. */
  readonly position: number;
  /** Its value is at the cursor. */
  readonly option?: Option;
}

/** Goes through the words before the cursor. Absent where what follows is not ours to know. */
function walk(program: Command, words: readonly string[]): Place | undefined {
  let command = program;
  let path: readonly string[] = [];
  let position = 0;
  for (const [index, word] of words.entries()) {
    if (word === '--') return undefined;
    const option = word.startsWith('-') ? findOption(command, word) : undefined;
    if (option !== undefined && (option.required || option.optional)) {
      if (index === words.length - 1) return { command, path, position, option };
    } else if (!word.startsWith('-') && !takesValue(command, words[index - 1])) {
      const child = position === 0 ? command.commands.find((each) => each.name() === word) : undefined;
      if (child === undefined) {
        // What runs in a container, and its arguments.
        if (command.registeredArguments[0]?.variadic === true) return undefined;
        position += 1;
      } else {
        command = child;
        path = [...path, word];
      }
    }
  }
  return { command, path, position };
}

function takesValue(command: Command, word: string | undefined): boolean {
  const option = word === undefined ? undefined : findOption(command, word);
  return option !== undefined && (option.required || option.optional);
}

/** bash takes `--state=x` apart at the "=": here it is one word again, of which only the end stands at the cursor. */
function joinAssignments(words: readonly string[]): {
  readonly before: readonly string[];
  readonly current: string;
  readonly prefix: string;
} {
  const joined: string[] = [];
  let prefix = '';
  for (const [index, word] of words.entries()) {
    const isSign = word === '=' && joined.at(-1)?.startsWith('--') === true;
    const isValue = words[index - 1] === '=' && joined.at(-1)?.endsWith('=') === true;
    prefix = isSign ? `${joined.at(-1)}=` : isValue ? (joined.at(-1) ?? '') : '';
    if (isSign || isValue) joined.push(`${joined.pop()}${word}`);
    else joined.push(word);
  }
  return { before: joined.slice(0, -1), current: joined.at(-1) ?? '', prefix };
}
