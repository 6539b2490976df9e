import { parseArgs } from 'node:util';

/** What a run of the benchmark was asked for. */
export interface Options {
  readonly names: readonly string[];
  readonly quick: boolean;
  /** Where the rows go as JSON. */
  readonly json?: string;
  /** Whether docs/benchmarks.md is written anew: where everything was measured. */
  readonly writesDocs: boolean;
}

/** @throws TypeError that says what is allowed. */
export function parseOptions(args: readonly string[], known: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { quick: { type: 'boolean', default: false }, json: { type: 'string' } },
  });
  for (const name of positionals) {
    if (!known.includes(name)) throw new TypeError(`there is no benchmark "${name}"; there are ${known.join(', ')}`);
  }
  return {
    names: positionals.length === 0 ? known : known.filter((name) => positionals.includes(name)),
    quick: values.quick,
    writesDocs: positionals.length === 0 && !values.quick,
    ...(values.json === undefined ? {} : { json: values.json }),
  };
}
