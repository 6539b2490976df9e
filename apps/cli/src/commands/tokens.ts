import { TOKEN_SCOPES, type Token, type TokenScope } from '@hodei/domain';
import { formatMoment, tokenToJson } from '@hodei/server';
import type { Command } from 'commander';

import type { Cli } from '../cli.ts';
import { defined } from '../defined.ts';
import { collectEach } from '../options/collect.ts';
import { parseChoice } from '../options/parse-choice.ts';
import { parseDuration } from '../options/parse-duration.ts';
import type { Column } from '../output/table.ts';
import { oneLine } from '../output/width.ts';
import { writeJson, writeLines } from '../output/write-json.ts';
import { requestedBy } from './requested-by.ts';
import { addChangeOptions, tellChange, type ChangeOptions } from './tell-change.ts';
import { addRowsOptions, writeRows, type RowsOptions } from './write-rows.ts';

interface CreateOptions {
  readonly scope: readonly TokenScope[];
  readonly tenant?: string;
  readonly expires?: number;
  readonly json?: true;
}

/** `hodei tokens create|ls|revoke`. The first one is made without a server: one that can be reached asks for a token. */
export function addTokenCommands(parent: Command, cli: Cli): void {
  parent
    .command('create')
    .description(
      'Makes a token for the HTTP API and prints it, this once. From the first one on, every request needs one.',
    )
    .argument('<name>', 'what it is for, for people')
    .requiredOption(
      '--scope <scope>',
      `${TOKEN_SCOPES.join(', ')}; may be repeated (submit and operate include read, admin includes all)`,
      collectEach((text) => parseChoice('--scope', text, TOKEN_SCOPES)),
    )
    .option('--tenant <tenant>', 'it reaches only the jobs of this tenant')
    .option('--expires <duration>', 'how long it is good for, like 90d', (text) => parseDuration('--expires', text))
    .option('--json', 'print a JSON document')
    .action(async (name: string, { scope, tenant, expires, json }: CreateOptions) => {
      await using backend = cli.openBackend();
      const expiresAt = expires === undefined ? undefined : cli.now() + expires;
      const input = { name, scopes: scope, ...defined({ tenant, expiresAt }) };
      const { token, text } = await backend.createToken(input, requestedBy('hodei tokens create'));
      if (json) return await writeJson(cli.stdout, { ...tokenToJson(token), token: text });
      return await writeLines(cli.stdout, [text]);
    });
  const ls = parent.command('ls').description('Lists the tokens; their secrets are kept nowhere.');
  addRowsOptions(ls, 'ids').action(async (options: RowsOptions) => {
    await using backend = cli.openBackend();
    const tokens = await backend.listTokens();
    const nameOf = ({ id }: Token): string => id;
    await writeRows(cli, options, tokens, { columns: columns(cli.now()), nameOf, toJson: tokenToJson });
  });
  const revoke = parent
    .command('revoke')
    .description('Makes a token worth nothing; every server heeds it within 5 seconds.');
  addChangeOptions(revoke)
    .argument('<id>', 'id of the token, as "hodei tokens ls" shows it')
    .action(async (id: string, options: ChangeOptions) => {
      await using backend = cli.openBackend();
      const token = await backend.revokeToken(id, requestedBy('hodei tokens revoke'));
      await tellChange(cli, options, `${token.id} ${stateOf(token, cli.now())}`, () => tokenToJson(token));
    });
}

const columns = (now: number): readonly Column<Token>[] => [
  { title: 'ID', value: ({ id }) => id },
  { title: 'NAME', value: ({ name }) => oneLine(name), shrink: 1 },
  { title: 'SCOPES', value: ({ scopes }) => scopes.join(','), shrink: 2 },
  { title: 'TENANT', value: ({ tenant }) => tenant ?? '-', shrink: 3 },
  { title: 'CREATED', value: ({ createdAt }) => formatMoment(createdAt), shrink: 5 },
  { title: 'STATE', value: (token) => stateOf(token, now), shrink: 4 },
];

function stateOf({ revokedAt, expiresAt }: Token, now: number): string {
  if (revokedAt !== undefined) return 'revoked';
  if (expiresAt === undefined) return 'good';
  return expiresAt <= now ? 'expired' : `good until ${formatMoment(expiresAt)}`;
}
