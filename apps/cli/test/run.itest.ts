import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { MODES, openInstallation, type Installation } from './support/hodei.ts';

interface JobJson {
  readonly id: string;
  readonly state: string;
  readonly cause?: string;
  readonly evidence?: Readonly<Record<string, unknown>>;
  readonly attempts: readonly {
    readonly number: number;
    readonly cause: string;
    readonly durationsMs: Readonly<Record<string, number>>;
  }[];
}

describe.each(MODES)('hodei run, %s', (mode) => {
  let here: Installation;
  beforeAll(async () => {
    here = await openInstallation(mode);
  });
  afterAll(() => here.close());

  const run = (...args: readonly string[]) => here.hodei(['run', ...args]);
  const last = async (): Promise<JobJson> => {
    const [job] = await here.json<readonly JobJson[]>(['jobs', 'ls', '--limit', '1']);
    return here.json<JobJson>(['jobs', 'get', job?.id ?? 'none']);
  };

  test('prints what the job prints on the same streams, and exits as it exits', async () => {
    const { code, stdout, stderr } = await run(
      '--image',
      'busybox',
      '--',
      'sh',
      '-c',
      'echo out; echo err >&2; exit 7',
    );
    expect({ code, stdout }).toEqual({ code: 7, stdout: 'out\n' });
    expect(stderr).toMatch(/^err\nhodei: job [0-9a-f-]{36} exited with code 7\n$/);
    expect(await last()).toMatchObject({ state: 'failed', cause: 'exited', evidence: { exitCode: 7 } });
  });

  test('adds nothing of its own with --quiet', async () => {
    const { code, stdout, stderr } = await run('--quiet', '--', 'sh', '-c', 'echo out; echo err >&2; exit 7');
    expect({ code, stdout, stderr }).toEqual({ code: 7, stdout: 'out\n', stderr: 'err\n' });
  });

  test('says nothing about a job that succeeds', async () => {
    const { code, stdout, stderr } = await run('--', 'echo', 'hello');
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: 'hello\n', stderr: '' });
  });

  test('hands over variables, directory, arguments and limits', async () => {
    const args = [
      '--env',
      'A=1 2',
      '--env',
      'FROM_HERE',
      '-w',
      '/work/x',
      '--memory',
      '64m',
      '--cpu',
      '0.5',
      '--pids',
      '50',
      '--name',
      'n',
      '--label',
      'k=v',
    ];
    const script =
      'echo "$A|$FROM_HERE|$(pwd)|$1|$2"; cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/memory.max 2>/dev/null || true';
    const { code, stdout } = await here.hodei(['run', ...args, '--', 'sh', '-c', script, 'sh', '--json', "it's"], {
      FROM_HERE: 'héllo',
    });
    expect(stdout).toBe(`1 2|héllo|/work/x|--json|it's\n${64 * 1024 ** 2}\n`);
    expect(code).toBe(0);
    const [listed] = await here.json<readonly unknown[]>(['jobs', 'ls', '--label', 'k=v', '--name', 'n']);
    expect(listed).toMatchObject({
      spec: { labels: { k: 'v' }, resources: { cpu: 0.5, memoryBytes: 64 * 1024 ** 2, pids: 50 }, network: 'none' },
    });
  });

  test('runs what the image runs where there is no command, and takes one without "--"', async () => {
    expect(await run('--image', 'hodei-test-entrypoint:1')).toMatchObject({ code: 0, stdout: 'from cmd\n' });
    expect(await run('echo', '-n', 'x')).toMatchObject({ code: 0, stdout: 'x' });
  });

  test('with --json, stdout is one document about the job and the rest goes to stderr', async () => {
    const { code, stdout, stderr } = await run('--json', '--', 'sh', '-c', 'echo out; echo err >&2; exit 3');
    expect(code).toBe(3);
    expect(JSON.parse(stdout)).toMatchObject({
      state: 'failed',
      cause: 'exited',
      evidence: { exitCode: 3 },
      attempts: [{ number: 1 }],
    });
    expect(stderr).toContain('out\n');
    expect(stderr).toContain('err\n');
  });

  test('ends a job whose time is up with 124', async () => {
    const { code, stderr } = await run('--timeout', '500ms', '--', 'sleep', '60');
    expect(code).toBe(124);
    expect(stderr).toContain('timed out (timed_out): ran longer than 500 ms');
    expect(await last()).toMatchObject({ state: 'timed_out', cause: 'timed_out' });
  });

  test('says that a job was killed for memory, with 137', async () => {
    const { code, stderr } = await run('--memory', '16m', '--', 'sh', '-c', 'x=aaaaaaaa; while :; do x=$x$x; done');
    expect(code).toBe(137);
    expect(stderr).toContain('was killed for memory (oom_killed)');
    expect(await last()).toMatchObject({ state: 'failed', cause: 'oom_killed', evidence: { oomKilled: true } });
  });

  test('does not take every 137 for a kill', async () => {
    expect((await run('--', 'sh', '-c', 'exit 137')).code).toBe(137);
    expect(await last()).toMatchObject({ cause: 'exited', evidence: { exitCode: 137 } });
  });

  test('tries again as often as it was told, and says so', async () => {
    const { code, stdout, stderr } = await run('--retries', '1', '--', 'sh', '-c', 'echo try; exit 5');
    expect({ code, stdout }).toEqual({ code: 5, stdout: 'try\ntry\n' });
    expect(stderr).toContain('attempt 1 exited with code 5; trying again');
    const { attempts } = await last();
    expect(attempts.map(({ number, cause }) => ({ number, cause }))).toEqual([
      { number: 1, cause: 'exited' },
      { number: 2, cause: 'exited' },
    ]);
  });

  test('shows how a job went: phases with their times, cause and evidence', async () => {
    const { stdout } = await here.hodei(['jobs', 'get', (await last()).id]);
    expect(stdout).toMatch(/^state +failed: exited with code 5$/m);
    expect(stdout).toMatch(
      /^ {2}phases +image \d+ ms, worker \d+ ms, record \d+ ms, launch \d+ ms, .*run \d+ ms, finish \d+ ms$/m,
    );
    expect(stdout).toMatch(/^ {2}evidence +cause exited, exitCode 5$/m);
  });

  test('two at once share the installation and each gets its own output', async () => {
    const results = await Promise.all(
      ['a', 'b'].map((name) => run('--', 'sh', '-c', `for i in 1 2 3; do echo ${name}$i; sleep 0.1; done`)),
    );
    expect(results.map(({ code, stdout }) => ({ code, stdout }))).toEqual([
      { code: 0, stdout: 'a1\na2\na3\n' },
      { code: 0, stdout: 'b1\nb2\nb3\n' },
    ]);
  });

  test('leaves no container and no row that goes on', async () => {
    await here.expectNothingLeft();
    const workers = await here.json<readonly { readonly state: string }[]>(['workers', 'ls', '--all']);
    expect(new Set(workers.map(({ state }) => state))).toEqual(new Set(['terminated']));
    expect(await here.json(['workers', 'ls'])).toEqual([]);
  });

  test('listings fit a person and a program', async () => {
    const ids = (await here.hodei(['jobs', 'ls', '--quiet', '--state', 'succeeded', '--limit', '2'])).stdout
      .trim()
      .split('\n');
    expect(ids).toHaveLength(2);
    const table = (await here.hodei(['jobs', 'ls', '--state', 'timed_out'])).stdout;
    expect(table).toMatch(
      /^ID +NAME +STATE +END +AGE +RAN +IMAGE +COMMAND\n[0-9a-f-]{36} +- +timed_out +timed_out +\d+s +\S+ +busybox +sleep 60\n$/,
    );
    const [worker] = await here.json<readonly { readonly id: string }[]>(['workers', 'ls', '-a', '--limit', '1']);
    expect((await here.hodei(['workers', 'get', worker?.id ?? 'none'])).stdout).toMatch(/^state +terminated: /m);
  });

  test('providers are listed, disabled and enabled; a disabled one takes no job', async () => {
    expect(await here.json(['providers', 'ls'])).toMatchObject([
      { name: 'docker', type: 'docker', status: 'active', health: { status: 'healthy' } },
    ]);
    expect((await here.hodei(['providers', 'disable', 'docker'])).stdout).toBe('docker disabled\n');
    if (mode === 'embedded') {
      const { code, stderr } = await run('--', 'true');
      expect(code).toBe(125);
      expect(stderr).toMatch(/hodei providers enable docker.*\(provider_unavailable\)/);
    } else {
      // A service keeps the job until somebody enables a provider, or its time is up.
      expect((await run('--wait-timeout', '1s', '--', 'true')).stderr).toMatch(/wait_timeout/);
    }
    expect((await here.hodei(['providers', 'enable', 'docker'])).stdout).toBe('docker active\n');
    expect((await here.hodei(['providers', 'get', 'docker'])).stdout).toMatch(/^status +active$/m);
    const set = (...options: readonly string[]) => here.hodei(['providers', 'set', 'docker', ...options]);
    expect(await set('--max-workers', '77', '--overcommit-cpu', '2')).toMatchObject({
      code: 0,
      stdout: 'docker: at most 77 workers\n',
    });
    expect((await here.hodei(['providers', 'get', 'docker'])).stdout).toMatch(
      /^CPUs promised +\d+ \(2 times what there is\)$/m,
    );
    expect((await set('--overcommit-memory', '1.5')).code).toBe(0);
    expect((await here.json<object[]>(['providers', 'ls']))[0]).toMatchObject({
      maxWorkers: 77,
      overcommit: { cpu: 2, memory: 1.5 },
    });
    expect((await set('--overcommit-cpu', '0')).stderr).toContain('0.1 to 100');
    expect((await set()).stderr).toContain('nothing is to be changed');
    await set('--max-workers', '100', '--overcommit-cpu', '4', '--overcommit-memory', '1');
    expect((await run('--', 'true')).code).toBe(0);
  });

  test('the doctor finds everything well', async () => {
    const { code, stdout } = await here.hodei(['doctor']);
    expect(stdout).not.toMatch(/^fail/m);
    const found = {
      embedded: [
        /^ok +database: embedded Postgres in .*reachable/m,
        /^ok +provider docker: Docker Engine \d+\.\d+\S* at \S+ \(.*\), healthy/m,
        /^ok +docker leftovers: none/m,
      ],
      server: [/^ok +server: http:\S+, version \d/m, /^ok +server database: /m, /^ok +access: /m],
    };
    for (const finding of found[mode]) expect(stdout).toMatch(finding);
    expect(code).toBe(0);
  });
});
