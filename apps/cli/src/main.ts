#!/usr/bin/env node
import { readFileSync } from 'node:fs';

import { openBackend } from './open-backend.ts';
import { openSink } from './output/sink.ts';
import { describeTerminal } from './output/terminal.ts';
import { runCli } from './run-cli.ts';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  readonly version: string;
};
const { env } = process;
const stderr = openSink(2);

process.exitCode = await runCli(
  {
    env,
    stdout: openSink(1),
    stderr,
    out: describeTerminal(1, env),
    err: describeTerminal(2, env),
    now: Date.now,
    openBackend: ({ quiet = false } = {}) => openBackend({ env, stderr, entry: import.meta.filename, quiet }),
    exitCode: 0,
  },
  process.argv.slice(2),
  version,
);
