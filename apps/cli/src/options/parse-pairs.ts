import { invalidOption, shown } from './invalid-option.ts';

/** The two halves of `K=V`; the value is absent where there is no `=`. */
function split(option: string, text: string): { readonly key: string; readonly value?: string } {
  const at = text.indexOf('=');
  const key = at === -1 ? text : text.slice(0, at);
  if (key === '')
    throw invalidOption(
      option,
      `${at === -1 ? 'an empty text' : 'a value without a name'} is not possible`,
      'NAME=VALUE',
    );
  return at === -1 ? { key } : { key, value: text.slice(at + 1) };
}

/** `--label K=V`: both halves must be there. @throws HodeiError `invalid_input` */
export function parseLabels(option: string, texts: readonly string[]): Readonly<Record<string, string>> {
  return collect(texts, (text) => {
    const { key, value } = split(option, text);
    if (value === undefined) throw invalidOption(option, `${shown(text)} has no "="`, 'NAME=VALUE');
    return [key, value];
  });
}

/**
 * `--env K=V`; `--env K` takes the value of our own environment and, as with `docker run`, does nothing where it
 * has none.
 * @throws HodeiError `invalid_input`
 */
export function parseEnv(
  option: string,
  texts: readonly string[],
  env: NodeJS.ProcessEnv,
): Readonly<Record<string, string>> {
  return collect(texts, (text) => {
    const { key, value = env[key] } = split(option, text);
    return value === undefined ? undefined : [key, value];
  });
}

/**
 * `--secret K=V`, or `--secret K` for the value of our own environment, which keeps it off the command line.
 * No value is in any message.
 * @throws HodeiError `invalid_input`; also where the environment has no such variable.
 */
export function parseSecrets(
  option: string,
  texts: readonly string[],
  env: NodeJS.ProcessEnv,
): Readonly<Record<string, string>> {
  return collect(texts, (text) => {
    const { key, value = env[key] } = split(option, text);
    if (value === undefined) {
      throw invalidOption(
        option,
        `the environment has no variable ${shown(key)}`,
        `it a value there, or ${option} NAME=VALUE`,
      );
    }
    return [key, value];
  });
}

function collect(
  texts: readonly string[],
  read: (text: string) => readonly [string, string] | undefined,
): Readonly<Record<string, string>> {
  return Object.fromEntries(texts.map(read).filter((pair) => pair !== undefined));
}
