import { parseSettings, SETTING_DOCS, type SettingDoc } from '@hodei/server';
import type { Command } from 'commander';

import type { Cli } from '../cli.ts';
import { renderTable, type Column } from '../output/table.ts';
import { oneLine } from '../output/width.ts';
import { writeJson, writeLines } from '../output/write-json.ts';

interface Row {
  readonly name: string;
  /** As it would be written; of a secret, and of what has no default, nothing. */
  readonly value?: string;
  readonly source: 'environment' | 'file' | 'default' | 'not set';
  readonly meaning: string;
}

/** `hodei config`: what the environment says, once it is known to be right. */
export function addConfigCommand(parent: Command, cli: Cli): void {
  parent
    .command('config')
    .summary('show the settings that hold here')
    .description(
      'Shows every setting, what it is here and where that comes from; of secrets only whether they are set. A wrong one ends it with exit code 125 and what is allowed.',
    )
    .option('--json', 'print a JSON array')
    .action(async ({ json }: { readonly json?: true }) => {
      parseSettings(cli.env);
      const rows = SETTING_DOCS.map((doc) => rowOf(doc, cli.env));
      if (json) return await writeJson(cli.stdout, rows);
      return await writeLines(cli.stdout, renderTable(COLUMNS, rows, cli.out.width));
    });
}

function rowOf({ name, meaning, isSecret, default: fallback }: SettingDoc, env: NodeJS.ProcessEnv): Row {
  const given = env[name] ?? '';
  if (given !== '') return { name, source: 'environment', meaning, ...(isSecret === true ? {} : { value: given }) };
  if (isSecret === true && (env[`${name}_FILE`] ?? '') !== '') return { name, source: 'file', meaning };
  return fallback === undefined
    ? { name, source: 'not set', meaning }
    : { name, source: 'default', meaning, value: fallback };
}

const COLUMNS: readonly Column<Row>[] = [
  { title: 'NAME', value: ({ name }) => name },
  {
    title: 'VALUE',
    value: ({ value, source }) => oneLine(value ?? (source === 'not set' ? '-' : '******')),
    shrink: 1,
  },
  { title: 'FROM', value: ({ source }) => source, shrink: 3 },
  { title: 'MEANING', value: ({ meaning }) => oneLine(meaning), shrink: 2 },
];
