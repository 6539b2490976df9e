import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { stripVTControlCharacters } from 'node:util';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { openInstallation, WAYS, type Installation } from './support/hodei.ts';

let here: Installation;
let jobId: string;
beforeAll(async () => {
  here = await openInstallation('server');
  const job = ['--name', 'the-watched', '--', 'sh', '-c', 'while :; do sleep 1; done'];
  jobId = (await here.hodei(['run', '--detach', ...job])).stdout.trim();
});
afterAll(async () => {
  await here.hodei(['jobs', 'cancel', '--force', jobId]);
  await here.close();
});

/** `hodei top` on a terminal of its own (script(1) of util-linux makes one), and what is to be seen there. */
function onTerminal(env: NodeJS.ProcessEnv) {
  const command = `stty rows 20 cols 120; exec "$NODE" ${here.nodeArgs.map((word) => `'${word}'`).join(' ')} top --interval 1h`;
  const child = spawn('script', ['--quiet', '--return', '--flush', '--command', command, '/dev/null'], {
    cwd: here.folder,
    env: { ...here.env, ...env, NODE: process.execPath, TERM: 'xterm', SHELL: '/bin/sh' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let written = '';
  child.stdout.on('data', (data: Buffer) => (written += data.toString()));
  const ended = once(child, 'close') as Promise<[number | null]>;
  return {
    press: (key: string): void => void child.stdin.write(key),
    kill: (): void => void child.kill('SIGKILL'),
    ended,
    written: () => written,
    /** The screen as it was last drawn, once this is to be seen there. */
    seen: async (pattern: RegExp): Promise<readonly string[]> => {
      for (;;) {
        const last = written.split('\u001b[H').at(-1) ?? '';
        if (pattern.test(last)) return last.split('\r\n').map((line) => stripVTControlCharacters(line));
        if (child.exitCode !== null) throw new Error(`it ended before ${pattern.source} was seen: ${written}`);
        await Promise.race([once(child.stdout, 'data'), ended]);
      }
    },
  };
}

describe.each(WAYS)('hodei top, %s', (_, env) => {
  test('without a terminal prints its tables and ends, and with --json one document', async () => {
    const { code, stdout, stderr } = await here.hodei(['top'], env);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^hodei: \d+ jobs in flight, \d+ pending, \d+ workers\n/);
    expect(stdout).toContain(jobId);
    expect(stdout).not.toContain('\u001b');
    const json = await here.hodei(['top', '--json'], env);
    expect(JSON.parse(json.stdout)).toMatchObject({
      jobs: expect.arrayContaining([expect.objectContaining({ id: jobId, name: 'the-watched' })]),
      workers: expect.any(Array),
      pools: [],
      queues: [{ name: 'default' }],
      providers: [{ name: 'docker', maxWorkers: expect.any(Number) }],
    });
  });

  test('on a terminal fits it, shows what changes when it does, and gives the terminal back', async () => {
    const top = onTerminal(env);
    try {
      const lines = await top.seen(/the-watched[^]*q ends/);
      expect(lines).toHaveLength(20);
      expect(Math.max(...lines.map((line) => line.trimEnd().length))).toBeLessThanOrEqual(120);
      // It would not look again for an hour: it is told.
      const id = (await here.hodei(['run', '--detach', '--not-before', '1h', '--name', 'the-new', 'true'])).stdout;
      await top.seen(/the-new/);
      await here.hodei(['jobs', 'cancel', id.trim()]);
      await top.seen(/cancelled[^]*the-new/);
      top.press('q');
      expect((await top.ended)[0]).toBe(0);
      expect(top.written().startsWith('\u001b[?1049h')).toBe(true);
      expect(top.written().trimEnd().endsWith('\u001b[?1049l')).toBe(true);
    } finally {
      top.kill();
    }
  });
});
