import { LABELS, NO_OUTPUT, parseJobId } from '@hodei/domain';
import type Docker from 'dockerode';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { DEFAULT_DOCKER_CONFIG, type DockerProvider } from '../../src/docker/index.ts';
import { collectText, readUntil } from './support/job-output.ts';
import { openTestDocker, orderFor, sh, type TestDocker } from './support/test-docker.ts';

const MIB = 1024 * 1024;

describe('the box that a worker is', () => {
  let engine: TestDocker;
  let provider: DockerProvider;
  beforeAll(async () => {
    engine = await openTestDocker();
    provider = await engine.provider();
  });
  afterAll(() => engine.close());

  const inspectWorker = async (
    parts: Parameters<TestDocker['spec']>[0] = {},
    of = provider,
  ): Promise<Docker.ContainerInspectInfo> => {
    const handle = await of.createWorker(engine.spec(parts));
    try {
      return await engine.docker.getContainer(handle.resourceId).inspect();
    } finally {
      await of.destroyWorker(handle, { gracePeriodMs: 0 });
    }
  };

  test('is hardened and limited where nobody says anything', async () => {
    const { HostConfig, Config, Mounts } = await inspectWorker();
    const { cpu = 0, memoryBytes, pids } = DEFAULT_DOCKER_CONFIG.defaultResources;
    expect(HostConfig).toMatchObject({
      CapDrop: ['ALL'],
      CapAdd: [],
      SecurityOpt: ['no-new-privileges'],
      Privileged: false,
      Init: true,
      AutoRemove: false,
      NetworkMode: 'none',
      NanoCpus: cpu * 1e9,
      Memory: memoryBytes,
      MemorySwap: memoryBytes,
      PidsLimit: pids,
      RestartPolicy: { Name: 'no' },
    });
    expect(Mounts).toEqual([]);
    expect(Config).toMatchObject({ Tty: false, OpenStdin: true, StdinOnce: true });
  });

  test('has a log that is bounded, and bounded so that no usual job loses any of it', async () => {
    const { HostConfig } = await inspectWorker();
    expect(HostConfig.LogConfig).toEqual({
      Type: 'local',
      Config: { 'max-size': String(256 * MIB), 'max-file': '4', compress: 'false' },
    });
  });

  test('really drops all capabilities and can gain none', async () => {
    const handle = await provider.createWorker(engine.spec());
    const job = await provider.launch(
      handle,
      orderFor(sh('grep -E "^(CapEff|CapBnd|NoNewPrivs|Seccomp):" /proc/self/status')),
    );
    const { stdout } = await collectText(job.output);
    await provider.destroyWorker(handle, { gracePeriodMs: 0 });
    expect(stdout).toContain('CapEff:\t0000000000000000');
    expect(stdout).toContain('CapBnd:\t0000000000000000');
    expect(stdout).toContain('NoNewPrivs:\t1');
    expect(stdout).toContain('Seccomp:\t2');
  });

  test('has only the loopback network unless the job asks for another', async () => {
    const handle = await provider.createWorker(engine.spec());
    const job = await provider.launch(handle, orderFor(['ls', '/sys/class/net']));
    const { stdout } = await collectText(job.output);
    await provider.destroyWorker(handle, { gracePeriodMs: 0 });
    expect(stdout).not.toContain('eth');
    expect((await inspectWorker({ network: 'bridge' })).HostConfig.NetworkMode).toBe('bridge');
  });

  test('has the limits that are asked for', async () => {
    const { HostConfig } = await inspectWorker({ resources: { cpu: 0.25, memoryBytes: 64 * MIB, pids: 32 } });
    expect(HostConfig).toMatchObject({ NanoCpus: 250_000_000, Memory: 64 * MIB, MemorySwap: 64 * MIB, PidsLimit: 32 });
  });

  test('bears our labels, and a free label cannot take the place of one of them', async () => {
    const jobId = parseJobId('01890a5d-ac96-774b-bcce-b302099a8057');
    const spec = engine.spec({ jobId, labels: { team: 'red', [LABELS.installation]: 'forged' } });
    const handle = await provider.createWorker(spec);
    const { Config, Name } = await engine.docker.getContainer(handle.resourceId).inspect();
    await provider.destroyWorker(handle, { gracePeriodMs: 0 });
    expect(Name).toBe(`/hodei-${spec.workerId}`);
    expect(Config.Labels).toMatchObject({
      team: 'red',
      [LABELS.managed]: 'true',
      [LABELS.installation]: engine.installationId,
      [LABELS.provider]: engine.providerId,
      [LABELS.worker]: spec.workerId,
      [LABELS.job]: jobId,
      [LABELS.expiresAt]: new Date(spec.expiresAt).toISOString(),
    });
  });

  test('shows no secret, neither while the job runs nor in its log', async () => {
    const handle = await provider.createWorker(engine.spec());
    const job = await provider.launch(
      handle,
      orderFor(sh('echo "${#TOKEN}"; sleep 60'), { secrets: { TOKEN: 's3cret-value' } }),
    );
    const output = job.output[Symbol.asyncIterator]();
    await readUntil(output, '12\n');
    const container = engine.docker.getContainer(handle.resourceId);
    const seen = JSON.stringify([await container.inspect(), await container.top({})]);
    const log = await container.logs({ stdout: true, stderr: true });
    await provider.destroyWorker(handle, { gracePeriodMs: 0 });
    expect(seen).not.toContain('s3cret-value');
    expect(log.toString()).not.toContain('s3cret-value');
  });

  test('gives the job no variable of ours', async () => {
    const handle = await provider.createWorker(engine.spec());
    const job = await provider.launch(handle, orderFor(['env'], { env: { GREETING: 'hello' } }));
    const { stdout } = await collectText(job.output);
    await provider.destroyWorker(handle, { gracePeriodMs: 0 });
    expect(stdout).toContain('GREETING=hello');
    expect(stdout).not.toMatch(/TINI|HODEI/i);
  });

  test('asks the whole process group to end, so that a script with a patient child ends within its grace', async () => {
    const handle = await provider.createWorker(engine.spec());
    const job = await provider.launch(
      handle,
      orderFor(
        sh(
          `trap 'echo script; exit 3' TERM; sh -c 'trap "echo child; exit 0" TERM; echo ready; while :; do sleep 0.1; done'; echo after`,
        ),
      ),
    );
    const reading = collectText(job.output);
    await expect.poll(async () => (await collectText(provider.readLogs(handle))).stdout).toContain('ready');
    await provider.stopWorker(handle, { gracePeriodMs: 30_000 });
    expect((await reading).stdout).toBe('ready\nchild\nscript\n');
    expect((await job.waitForExit()).exitCode).toBe(3);
    await provider.destroyWorker(handle, { gracePeriodMs: 0 });
  });

  test('is loosened by the configuration of the provider', async () => {
    const loose = await engine.provider({
      hardening: {
        ...DEFAULT_DOCKER_CONFIG.hardening,
        readOnlyRootfs: true,
        capAdd: ['NET_BIND_SERVICE'],
        noNewPrivileges: false,
        seccompProfile: 'unconfined',
        user: '1000:1000',
        mounts: [{ type: 'tmpfs', target: '/scratch', readOnly: false }],
      },
      log: { driver: 'json-file', maxFileBytes: 64 * 1024, maxFiles: 2 },
    });
    const { HostConfig, Config } = await inspectWorker({}, loose);
    expect(HostConfig).toMatchObject({
      ReadonlyRootfs: true,
      CapAdd: ['NET_BIND_SERVICE'],
      CapDrop: ['ALL'],
      SecurityOpt: ['seccomp=unconfined'],
      Privileged: false,
    });
    expect(HostConfig.LogConfig?.Type).toBe('json-file');
    expect(Config.User).toBe('1000:1000');
  });

  describe.each([
    { what: 'the network of the host', parts: { network: 'host' }, code: 'unsupported' },
    { what: 'the network of another container', parts: { network: 'container:other' }, code: 'unsupported' },
    { what: 'a network that does not exist', parts: { network: 'hodei-no-such-network' }, code: 'network_not_found' },
    { what: 'less memory than the engine allows', parts: { resources: { memoryBytes: 1000 } }, code: 'limit_exceeded' },
    { what: 'more CPUs than there are', parts: { resources: { cpu: 4096 } }, code: 'limit_exceeded' },
    {
      what: 'a limit on disk, which this engine cannot enforce',
      parts: { resources: { diskBytes: 1024 * MIB } },
      code: 'unsupported',
    },
    { what: 'a GPU, of which this engine has none', parts: { resources: { gpu: 1 } }, code: 'unsupported' },
  ] as const)('refuses $what', ({ parts, code }) => {
    test(`with ${code}, and leaves no container`, async () => {
      const spec = engine.spec(parts);
      await expect(provider.createWorker(spec)).rejects.toMatchObject({ code });
      expect(await provider.listWorkers(engine.installationId)).toEqual([]);
    });
  });

  test('can be given a network that only the operator may allow', async () => {
    const allowing = await engine.provider({ allowedNetworks: ['host'] });
    expect((await inspectWorker({ network: 'host' }, allowing)).HostConfig.NetworkMode).toBe('host');
    await expect(allowing.createWorker(engine.spec({ network: 'bridge' }))).rejects.toMatchObject({
      code: 'unsupported',
    });
  });

  test('runs what the image runs by itself, where the handle says what that is', async () => {
    const handle = await provider.createWorker(engine.spec({ image: 'hodei-test-entrypoint:1' }));
    expect(handle.defaultCommand).toEqual(['/bin/echo', 'from', 'cmd']);
    const job = await provider.launch(handle, orderFor(handle.defaultCommand));
    expect(await collectText(job.output)).toEqual({ stdout: 'from cmd\n', stderr: '' });
    await provider.destroyWorker(handle, { gracePeriodMs: 0 });
    const direct = await provider.createWorker(
      engine.spec({ image: 'hodei-test-entrypoint:1', direct: { argv: [], env: {} } }),
    );
    const recovered = await provider.recoverWorker(direct, { nonce: '0'.repeat(32), from: NO_OUTPUT });
    expect(await collectText(recovered.output)).toEqual({ stdout: 'from cmd\n', stderr: '' });
    await provider.destroyWorker(direct, { gracePeriodMs: 0 });
  });
});
