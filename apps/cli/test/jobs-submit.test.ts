import { HodeiError, type Job, type JobInput } from '@hodei/domain';
import { describe, expect, test } from 'vitest';

import type { Backend } from '../src/backend.ts';
import type { Cli } from '../src/cli.ts';
import { runCli } from '../src/run-cli.ts';

/** Runs `hodei jobs submit` of these lines, on a backend that refuses jobs of the name "bad". */
async function submit(
  lines: readonly string[],
  ...options: readonly string[]
): Promise<{ code: number; stdout: string; stderr: string; batches: readonly (readonly JobInput[])[] }> {
  const written = { stdout: '', stderr: '' };
  const sink = (name: keyof typeof written) => ({
    write: async (data: Uint8Array | string) => void (written[name] += Buffer.from(data).toString()),
  });
  const plain = { isTerminal: false, paint: (_: unknown, text: string): string => text };
  const batches: (readonly JobInput[])[] = [];
  const backend = {
    submitMany: async (inputs: readonly JobInput[]) => {
      batches.push(inputs);
      return inputs.map(({ name }) =>
        name === 'bad' ? new HodeiError('limit_exceeded', 'too much') : ({ id: `id of ${name}` } as unknown as Job),
      );
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  } as unknown as Backend;
  const cli: Cli = {
    env: {},
    stdout: sink('stdout'),
    stderr: sink('stderr'),
    out: plain,
    err: plain,
    openScreen: () => Promise.resolve(undefined),
    now: () => 0,
    readLines: async function* () {
      yield* lines;
    },
    openBackend: () => backend,
    exitCode: 0,
  };
  const code = await runCli(cli, ['jobs', 'submit', 'jobs.ndjson', ...options], '1.2.3');
  return { code, ...written, batches };
}

describe('hodei jobs submit', () => {
  test('prints the id of each job, in their order, and says which lines were refused', async () => {
    const lines = ['{"name":"a"}', '', '{"name":', '{"name":"bad"}', '{"nmae":"x"}', '{"name":"b","timeoutMs":5}'];
    const { code, stdout, stderr, batches } = await submit(lines);
    expect({ code, stdout }).toEqual({ code: 125, stdout: 'id of a\nid of b\n' });
    expect(stderr.split('\n')).toEqual([
      'hodei: line 3: this is no JSON (invalid_input)',
      'hodei: line 4: too much (limit_exceeded)',
      expect.stringMatching(/^hodei: line 5: .*"nmae".*\(invalid_input\)$/),
      '',
    ]);
    expect(batches).toEqual([[{ name: 'a' }, { name: 'bad' }, { name: 'b', timeoutMs: 5 }]]);
  });

  test('says all of it in JSON, a document a line', async () => {
    expect((await submit(['{', '{"no":1}'], '--quiet')).batches).toEqual([]);
    const { code, stdout, stderr } = await submit(['{"name":"bad"}', '{'], '--json');
    expect({ code, stderr }).toEqual({ code: 125, stderr: '' });
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual([
      { line: 1, error: { code: 'limit_exceeded', message: 'too much' } },
      { line: 2, error: { code: 'invalid_input', message: 'this is no JSON' } },
    ]);
  });

  test('holds no more than some lines at once', async () => {
    const { code, stdout, batches } = await submit(Array.from({ length: 450 }, (_, index) => `{"name":"${index}"}`));
    expect({ code, ids: stdout.split('\n').length }).toEqual({ code: 0, ids: 451 });
    expect(batches.map((batch) => batch.length)).toEqual([200, 200, 50]);
    const large = JSON.stringify({ name: 'l', script: 'x'.repeat(3 * 1024 * 1024) });
    expect((await submit([large, large], '--quiet')).batches).toHaveLength(2);
  });
});
