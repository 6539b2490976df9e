// Writes docs/configuration.md from the schema of the settings. usage: configuration.ts [--check]
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SETTING_DOCS } from '../apps/server/src/index.ts';
import { formatConfiguration } from './configuration/format-configuration.ts';

const file = join(import.meta.dirname, '../docs/configuration.md');
const wanted = formatConfiguration(SETTING_DOCS);

if (!process.argv.includes('--check')) {
  writeFileSync(file, wanted);
} else if (readFileSync(file, 'utf8') !== wanted) {
  console.error('docs/configuration.md is not what the schema of the settings says: run "pnpm configuration"');
  process.exitCode = 1;
}
