import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { MODES, openInstallation, until, type Installation } from './support/hodei.ts';

interface JobJson {
  readonly id: string;
  readonly state: string;
}

describe.each(MODES)('a job that is ended before its time, %s', (mode) => {
  // With a server, no command runs a job itself; then there is nothing to test.
  const ofAProcessThatRunsJobs = mode === 'embedded' ? test : () => undefined;
  let here: Installation;
  beforeAll(async () => {
    here = await openInstallation(mode);
  });
  afterAll(() => here.close());

  const job = async (name: string): Promise<JobJson | undefined> =>
    (await here.json<readonly JobJson[]>(['jobs', 'ls', '--name', name]))[0];

  test('is asked by Ctrl-C, ends in its own way, and its last words arrive', async () => {
    const script = 'trap "echo bye; exit 3" TERM; echo begun; while :; do sleep 0.1; done';
    const running = here.start(['run', '--name', 'asked', '--', 'sh', '-c', script]);
    await running.seen('begun');
    running.child.kill('SIGINT');
    const { code, stdout, stderr } = await running.done;
    expect({ code, stdout }).toEqual({ code: 130, stdout: 'begun\nbye\n' });
    expect(stderr).toContain('hodei: asking the job to end; Ctrl-C again kills it\n');
    expect(stderr).toMatch(/was cancelled by .*\S+ \(Ctrl-C\)\n$/);
    expect(await job('asked')).toMatchObject({ state: 'cancelled', cause: 'cancelled', evidence: { exitCode: 3 } });
  });

  test('is killed by a second Ctrl-C, without waiting for its grace period', async () => {
    const running = here.start([
      'run',
      '--name',
      'killed',
      '--',
      'sh',
      '-c',
      'trap "" TERM; echo begun; while :; do sleep 0.1; done',
    ]);
    await running.seen('begun');
    running.child.kill('SIGINT');
    await running.seen('Ctrl-C again kills it');
    const asked = performance.now();
    running.child.kill('SIGINT');
    const { code, stderr } = await running.done;
    expect(code).toBe(130);
    expect(stderr).toContain('hodei: killing the job\n');
    expect(performance.now() - asked).toBeLessThan(5000);
    expect(await job('killed')).toMatchObject({ state: 'cancelled', evidence: { exitCode: 137 } });
  });

  test('says nothing about it with --quiet', async () => {
    const running = here.start(['run', '--quiet', '--', 'sh', '-c', 'echo begun; exec sleep 60']);
    await running.seen('begun');
    running.child.kill('SIGTERM');
    expect(await running.done).toMatchObject({ code: 130, stdout: 'begun\n', stderr: '' });
  });

  ofAProcessThatRunsJobs('is not even made where Ctrl-C comes first', async () => {
    const running = here.start(['run', '--name', 'never', '--', 'true'], { DOCKER_HOST: `tcp://10.255.255.1:2375` });
    // Its instance is registered before the engine, which never answers, is asked.
    await until(async () => (await here.store.repositories.instances.listLive()).length > 0);
    running.child.kill('SIGINT');
    expect(await running.done).toMatchObject({ code: 130, stdout: '', stderr: '' });
    expect(await job('never')).toBeUndefined();
  });

  test('is cancelled from elsewhere', async () => {
    const running = here.start(['run', '--name', 'elsewhere', '--', 'sh', '-c', 'echo begun; exec sleep 60']);
    await running.seen('begun');
    const { id } = (await job('elsewhere')) ?? { id: 'none' };
    expect(await here.hodei(['jobs', 'cancel', id])).toMatchObject({ code: 0, stdout: `${id} asked to end\n` });
    expect(await running.done).toMatchObject({
      code: 130,
      stderr: expect.stringMatching(/was cancelled by .* \(hodei jobs cancel\)/),
    });
    expect(await here.hodei(['jobs', 'cancel', id])).toMatchObject({ code: 0, stdout: `${id} cancelled\n` });
  });

  ofAProcessThatRunsJobs('goes on where hodei run is killed, and the next command brings it to its end', async () => {
    const running = here.start(['run', '--name', 'orphan', '--', 'sh', '-c', 'echo begun; sleep 6; echo done; exit 6']);
    await running.seen('begun');
    running.child.kill('SIGKILL');
    await running.done;
    await until(async () => (await here.store.repositories.instances.listLive()).length === 0);
    expect(await here.hodei(['run', '--', 'echo', 'next'])).toMatchObject({ code: 0, stdout: 'next\n' });
    const { id } = (await job('orphan')) ?? { id: 'none' };
    expect(await here.hodei(['jobs', 'logs', '-f', id])).toMatchObject({ code: 0, stdout: 'begun\ndone\n' });
    expect(await job('orphan')).toMatchObject({ state: 'failed', cause: 'exited', evidence: { exitCode: 6 } });
  });

  ofAProcessThatRunsJobs('is followed to its end where hodei run was paused for longer than its lease', async () => {
    const running = here.start(['run', '--name', 'paused', '--', 'sh', '-c', 'echo begun; sleep 7; echo done; exit 5']);
    await running.seen('begun');
    running.child.kill('SIGSTOP');
    await until(async () => (await here.store.repositories.instances.listLive()).length === 0);
    running.child.kill('SIGCONT');
    const { code, stdout, stderr } = await running.done;
    expect({ code, stdout }).toEqual({ code: 5, stdout: 'begun\ndone\n' });
    expect(stderr).toContain('this process was paused for too long');
    await here.expectNothingLeft();
  });
});
