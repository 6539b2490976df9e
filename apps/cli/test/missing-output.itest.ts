import { randomUUID } from 'node:crypto';

import { parseProviderId } from '@hodei/domain';
import { LOCAL_PROVIDER } from '@hodei/server';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { openInstallation, until, type Installation, type Running } from './support/hodei.ts';

const LONG = { timeout: 120_000 };
const numbers = (from: number, to: number): string =>
  Array.from({ length: to - from + 1 }, (_, i) => `${String(from + i).padStart(9, '0')}\n`).join('');

/** On an engine that keeps little: 256 KiB of what a worker writes. */
describe('output that is too much, or lost', () => {
  let here: Installation;
  let service: Running;
  beforeAll(async () => {
    here = await openInstallation();
    const at = Date.now();
    await here.store.repositories.providers.insert({
      id: parseProviderId(randomUUID()),
      ...LOCAL_PROVIDER,
      mode: 'active',
      priority: 0,
      maxWorkers: 10,
      labels: {},
      settings: { log: { maxFileBytes: 128 * 1024, maxFiles: 2 } },
      createdAt: at,
      updatedAt: at,
      version: 1,
    });
    service = here.start(['serve'], { HODEI_LOG_LEVEL: 'info', HODEI_LISTEN: 'off' });
    await service.seen('this instance runs jobs');
  });
  afterAll(async () => {
    service.child.kill('SIGTERM');
    await service.done;
    await here.close();
  });

  const idOf = async (name: string): Promise<string> =>
    (await here.hodei(['jobs', 'ls', '-q', '--name', name])).stdout.trim();

  /** Runs a job, kills who runs it as soon as it says `half`, and waits for its end under the service. */
  const adopted = async (name: string, options: readonly string[], script: string): Promise<string> => {
    const running = here.start(['run', '--name', name, ...options, '--', 'sh', '-c', script]);
    await running.seen('half');
    // What was seen is stored: it is shown from there.
    running.child.kill('SIGKILL');
    await running.done;
    const id = await idOf(name);
    await until(async () => (await here.json<{ state: string }>(['jobs', 'get', id])).state === 'succeeded', 60_000);
    const { outcome, attempts } = await describeJob(id);
    expect({ attempts, outcome }).toEqual({ attempts: 1, outcome: 'exited' });
    return id;
  };
  const describeJob = async (id: string) => {
    const { cause, attempts } = await here.json<{ cause: string; attempts: readonly unknown[] }>(['jobs', 'get', id]);
    return { outcome: cause, attempts: attempts.length };
  };

  test.concurrent(
    'is cut off at the bound: the job goes on, and how much was dropped is told beside',
    LONG,
    async () => {
      const script = 'seq 1 200000; echo done >&2; exit 3';
      const { code, stdout, stderr } = await here.hodei([
        'run',
        '--name',
        'much',
        '--max-output',
        '1k',
        '--',
        'sh',
        '-c',
        script,
      ]);
      const all = Array.from({ length: 200_000 }, (_, i) => `${i + 1}\n`).join('');
      expect({ code, stdout }).toEqual({ code: 3, stdout: all.slice(0, 1024) });
      expect(stderr).toContain('hodei: stdout is cut off here');
      expect(stderr).not.toContain('done');
      const id = await idOf('much');
      const gaps = [
        { stream: 'stdout', offset: 1024, reason: 'over_limit', lostBytes: all.length - 1024 },
        { stream: 'stderr', offset: 0, reason: 'over_limit', lostBytes: 5 },
      ];
      expect(await here.json(['jobs', 'get', id])).toMatchObject({
        attempts: [{ outputBytes: { stdout: all.length, stderr: 5 }, outputGaps: gaps }],
      });
      const logs = await here.hodei(['jobs', 'logs', id]);
      expect(logs.stdout).toBe(all.slice(0, 1024));
      expect(logs.stderr).toContain(`(${all.length - 1024} bytes more)`);
      const quiet = await here.hodei(['run', '--quiet', '--max-output', '3', '--', 'echo', 'a long line']);
      expect(quiet).toMatchObject({ code: 0, stdout: 'a l', stderr: '' });
    },
  );

  test.concurrent('keeps its bound and its secrets where another goes on with the job', LONG, async () => {
    const secret = `s3cret-${randomUUID()}`;
    const script =
      'printf %s "${TOKEN%?????}"; sleep 1; echo half >&2; sleep 8; printf "%s\\n" "${TOKEN#"${TOKEN%?????}"}"; seq 1 1000';
    const id = await adopted('split', ['--secret', `TOKEN=${secret}`, '--max-output', '200'], script);
    const all = `${'*'.repeat(secret.length)}\n${Array.from({ length: 1000 }, (_, i) => `${i + 1}\n`).join('')}`;
    const { stdout, stderr } = await here.hodei(['jobs', 'logs', id]);
    expect(stdout).toBe(all.slice(0, 195));
    expect(stderr).toContain(`hodei: stdout is cut off here`);
    expect(stderr).toContain(`(${all.length - 195} bytes more)`);
    expect(stdout + stderr).not.toContain(secret.slice(0, -5));
  });

  test.concurrent('has a gap where the engine lost it before another went on with the job', LONG, async () => {
    const script =
      'seq -w 1 2000 | sed "s/^/00000/"; sleep 1; echo half >&2; sleep 3; seq -w 2001 99999 | sed "s/^/0000/"; sleep 6; echo end >&2';
    const id = await adopted('rotated', [], script);
    const { stdout, stderr } = await here.hodei(['jobs', 'logs', id]);
    const prefix = numbers(1, 2000);
    expect(stdout.startsWith(prefix)).toBe(true);
    const rest = stdout.slice(prefix.length);
    expect(rest.length).toBeGreaterThan(20_000);
    expect(numbers(2001, 99_999).endsWith(rest)).toBe(true);
    expect(stderr).toContain('hodei: an unknown number of bytes of stdout may be missing here: the engine');
    expect(stderr).toContain('half\n');
    expect(stderr.endsWith('end\n')).toBe(true);
    const records = (await here.hodei(['jobs', 'logs', id, '--json'])).stdout.trim().split('\n');
    const gaps = records.map((line) => JSON.parse(line) as { gap?: unknown; stream: string; offset: number });
    expect(gaps.filter(({ gap, stream }) => gap !== undefined && stream === 'stdout')).toMatchObject([
      { offset: prefix.length, gap: { reason: 'log_lost' } },
    ]);
  });
});
