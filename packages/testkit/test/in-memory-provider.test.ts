import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import {
  parseInstallationId,
  parseProviderId,
  parseWorkerId,
  type Clock,
  type ProviderCapabilities,
  type WorkerId,
  type WorkerSpec,
} from '@hodei/domain';
import {
  describeWorkerProvider,
  type ConformanceCommands,
  type WorkerProviderHarness,
} from '../src/conformance/index.ts';
import { InMemoryEngine, InMemoryProvider } from '../src/in-memory/index.ts';

const clock: Clock = {
  now: () => Date.now(),
  sleep: async (durationMs, signal) => {
    await sleep(Math.max(0, durationMs), undefined, signal === undefined ? {} : { signal }).catch((error: unknown) => {
      signal?.throwIfAborted();
      throw error;
    });
  },
};

const commands: ConformanceCommands = {
  exit: (code) => ['exit', String(code)],
  print: (stream, text) => ['print', stream, text, '0'],
  printBytes: (bytes) => ['print-bytes', 'stdout', Buffer.from(bytes).toString('base64')],
  printBoth: (stdout, stderr, code) => ['print-both', stdout, stderr, String(code)],
  repeat: (text, bytes) => ['repeat', text, String(bytes)],
  slowly: (texts, pauseMs, code) => ['slowly', String(pauseMs), String(code), ...texts],
  readStdin: () => ['cat'],
  printEnv: (name) => ['printenv', name],
  printWorkdir: () => ['pwd'],
  waitForever: () => ['wait'],
  waitWithChild: () => ['wait'],
  leaveChild: () => ['echo', 'ready'],
  ignoreTerm: () => ['ignore-term'],
  noticeTerm: () => ['notice-term'],
  nonexistent: () => ['/no/such/program'],
  count: (lines) => ['count', String(lines)],
  runOutOfMemory: () => ['oom'],
};

const makeHarness =
  (capabilities: Partial<ProviderCapabilities> = {}) =>
  async (): Promise<WorkerProviderHarness> => {
    const engine = new InMemoryEngine({
      clock,
      images: { tools: {}, shellless: { shell: false } },
      programs: {
        count: async (context) => {
          const count = Number(context.argv[1]);
          for (let line = 1; line <= count; line += 1)
            context.write('stdout', `line ${String(line).padStart(String(count).length, '0')}\n`);
          return 0;
        },
        'print-both': async (context) => {
          const [, stdout = '', stderr = '', code] = context.argv;
          context.write('stdout', stdout);
          context.write('stderr', stderr);
          return Number(code);
        },
      },
    });
    const id = parseProviderId(randomUUID());
    const installationId = parseInstallationId(randomUUID());
    const specOf = (workerId: WorkerId): WorkerSpec => ({
      workerId,
      installationId,
      image: 'tools',
      pullPolicy: 'never',
      resources: {},
      network: 'none',
      labels: {},
      expiresAt: 0,
    });
    return {
      installationId,
      image: 'tools',
      missingImage: 'nowhere',
      shellless: { image: 'shellless', argv: ['echo', 'hello'], text: 'hello\n' },
      commands,
      createProvider: async () => new InMemoryProvider({ id, engine, installationId, capabilities }),
      ...(capabilities.recovery === false
        ? {}
        : {
            createForgetful: async () =>
              new InMemoryProvider({ id, engine, installationId, capabilities, maxLogBytes: 256 * 1024 }),
          }),
      createForeign: async (workerId) => {
        const worker = await engine.addForeign(specOf(workerId));
        return {
          resourceId: worker.resourceId,
          exists: async () => engine.workers().includes(worker),
          remove: async () => engine.remove(worker),
        };
      },
      inspectText: async ({ workerId }) => JSON.stringify(engine.find(workerId)),
      close: async () => undefined,
    };
  };

describeWorkerProvider('InMemoryProvider', makeHarness());

describeWorkerProvider(
  'InMemoryProvider that claims little',
  makeHarness({
    enforcedLimits: [],
    maxResources: {},
    minResources: {},
    customNetworking: false,
    launchModes: ['order'],
    watch: false,
    retainedLogs: false,
    recovery: false,
    reuse: false,
    sharedNetwork: false,
  }),
);

test('a reusable worker that a job left unclean takes no further order', async () => {
  const engine = new InMemoryEngine({ clock });
  const provider = new InMemoryProvider({ id: parseProviderId(randomUUID()), engine });
  const handle = await provider.createWorker({
    workerId: parseWorkerId(randomUUID()),
    installationId: parseInstallationId(randomUUID()),
    image: 'any',
    pullPolicy: 'never',
    resources: {},
    network: 'none',
    labels: {},
    expiresAt: 0,
    reusable: true,
  });
  const order = (argv: readonly string[]) => ({ nonce: randomBytes(16).toString('hex'), argv, env: {}, secrets: {} });
  const exit = await (await provider.launch(handle, order(['unclean']))).waitForExit();
  expect([exit.exitCode, exit.reusable]).toEqual([0, undefined]);
  await expect(provider.launch(handle, order(['true']))).rejects.toMatchObject({ code: 'worker_not_ready' });
  expect((await provider.getWorkerStatus(handle)).state).toBe('terminated');
});
