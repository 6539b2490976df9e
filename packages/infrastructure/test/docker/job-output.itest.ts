import { randomBytes } from 'node:crypto';

import {
  endOfChunk,
  NO_OUTPUT,
  type LaunchOrder,
  type OutputChunk,
  type RunningJob,
  type WorkerHandle,
  type WorkerProvider,
} from '@hodei/domain';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';

import { DEFAULT_DOCKER_CONFIG, type DockerProvider } from '../../src/docker/index.ts';
import { openDockerProxy, type DockerProxy } from './support/docker-proxy.ts';
import { collect, collectText, readUntil } from './support/job-output.ts';
import { openTestDocker, orderFor, sh, type TestDocker } from './support/test-docker.ts';

const LONG = { timeout: 120_000 };
const line = (index: number): string => `${String(index).padStart(9, '0')}\n`;
/** The lines that `seq -w` writes. */
const lines = (count: number): Buffer =>
  Buffer.from(Array.from({ length: count }, (_, index) => line(index + 1)).join(''));

describe("a job's output", () => {
  let engine: TestDocker;
  let provider: DockerProvider;
  let proxy: DockerProxy;
  /** The same provider, over a connection that the test can cut. */
  let remote: DockerProvider;
  const made: WorkerHandle[] = [];
  beforeAll(async () => {
    engine = await openTestDocker();
    provider = await engine.provider();
    proxy = await openDockerProxy();
    remote = await engine.provider({ connection: { kind: 'socket', socketPath: proxy.socketPath } });
  });
  afterEach(async () => {
    for (const handle of made.splice(0)) await provider.destroyWorker(handle, { gracePeriodMs: 0 });
  });
  afterAll(async () => {
    await engine.close();
    await proxy.close();
  });

  const start = async (
    argv: readonly string[],
    parts: Partial<LaunchOrder> = {},
    by: WorkerProvider = provider,
  ): Promise<{ handle: WorkerHandle; order: LaunchOrder; job: RunningJob }> => {
    const handle = await by.createWorker(engine.spec());
    made.push(handle);
    const order = orderFor(argv, parts);
    return { handle, order, job: await by.launch(handle, order) };
  };
  /** The same output by the three ways it can be had. */
  const everyWay = async (
    argv: readonly string[],
    expected: Buffer,
    parts: Partial<LaunchOrder> = {},
  ): Promise<void> => {
    const { handle, order, job } = await start(argv, parts);
    expect((await collect(job.output)).stdout.equals(expected), 'live').toBe(true);
    const recovered = await provider.recoverWorker(handle, { nonce: order.nonce, from: NO_OUTPUT });
    expect((await collect(recovered.output)).stdout.equals(expected), 'recovered').toBe(true);
    expect((await collect(provider.readLogs(handle))).stdout.equals(expected), 'from the log').toBe(true);
    const from = { stdout: Math.floor(expected.length / 3), stderr: 0 };
    expect(
      (await collect(provider.readLogs(handle, { from }), from)).stdout.equals(expected.subarray(from.stdout)),
      'from the log, from an offset',
    ).toBe(true);
  };

  test('comes whole by every way: 50 MB in lines', LONG, async () => {
    const filler = 'x'.repeat(90);
    const expected = Array.from({ length: 500_000 }, (_, index) => filler + line(index + 1)).join('');
    await everyWay(sh('seq -w 1 500000 | sed "s/^/$1/"', `${filler}000`), Buffer.from(expected));
  });

  test('comes whole by every way: 5 MB of random bytes', async () => {
    const stdin = randomBytes(5_000_000);
    await everyWay(['cat'], stdin, { stdin });
  });

  test('comes whole by every way: one line of 5 MB, with another after it', async () => {
    await everyWay(
      sh('head -c 5000000 /dev/zero | tr "\\0" x; echo; echo after'),
      Buffer.from(`${'x'.repeat(5_000_000)}\nafter\n`),
    );
  });

  test('comes whole by every way: one line of 5 MB and no newline', async () => {
    await everyWay(sh('head -c 5000000 /dev/zero | tr "\\0" x'), Buffer.from('x'.repeat(5_000_000)));
  });

  test.for([16_383, 16_384, 16_385, 32_767, 32_768, 32_769, 40_000])(
    'comes whole by every way: a line of %i bytes, which the engine keeps in pieces',
    async (length) => {
      await everyWay(
        sh('head -c "$1" /dev/zero | tr "\\0" x; echo; echo after', String(length)),
        Buffer.from(`${'x'.repeat(length)}\nafter\n`),
      );
    },
  );

  test('comes whole by every way: empty lines, carriage returns, a NUL, and no final newline', async () => {
    await everyWay(
      sh("printf '\\n\\n\\r\\n\\000a\\377b\\n\\033[0mend'"),
      Buffer.from('\n\n\r\n\0a\xffb\n\x1b[0mend', 'latin1'),
    );
  });

  test('may look like a launch marker', async () => {
    const marker = `\x1ehodei:${'0'.repeat(32)}:launched\n`;
    await everyWay(sh('printf %s "$1"', marker.repeat(2)), Buffer.from(marker.repeat(2)));
  });

  test('survives the rotation of the log within its bound', LONG, async () => {
    const rotating = await engine.provider({ log: { driver: 'local', maxFileBytes: 1024 * 1024, maxFiles: 20 } });
    const expected = lines(500_000);
    const { handle, order, job } = await start(sh('seq -w 1 500000 | sed "s/^/000/"'), {}, rotating);
    expect((await collect(job.output)).stdout.equals(expected)).toBe(true);
    const recovered = await rotating.recoverWorker(handle, { nonce: order.nonce, from: NO_OUTPUT });
    expect((await collect(recovered.output)).stdout.equals(expected)).toBe(true);
  });

  test('waits for a slow reader: the job stops writing, and memory does not grow', LONG, async () => {
    const { job } = await start(sh('head -c 50000000 /dev/zero; echo "wrote all" >&2'));
    const output = job.output[Symbol.asyncIterator]();
    await output.next();
    const before = process.memoryUsage().rss;
    await expect(Promise.race([job.waitForExit(), after(1500)])).resolves.toBe('still running');
    expect(process.memoryUsage().rss - before).toBeLessThan(20_000_000);
    const rest = await collectRest(output);
    expect(rest.stderr).toBe('wrote all\n');
    expect((await job.waitForExit()).exitCode).toBe(0);
  });

  test('has the time at which the job wrote, in the log and in what is recovered', async () => {
    const { handle, order, job } = await start(sh('date +%s; sleep 1; date +%s'));
    await job.waitForExit();
    const recovered = await provider.recoverWorker(handle, { nonce: order.nonce, from: NO_OUTPUT });
    for (const source of [provider.readLogs(handle), recovered.output]) {
      const chunks: OutputChunk[] = [];
      for await (const chunk of source) chunks.push(chunk);
      expect(chunks).toHaveLength(2);
      const written = Number(Buffer.from(chunks[0]?.bytes ?? []).toString()) * 1000;
      // busybox' date knows whole seconds only.
      expect(Math.abs((chunks[0]?.at ?? 0) - written)).toBeLessThan(1500);
      expect((chunks[1]?.at ?? 0) - (chunks[0]?.at ?? 0)).toBeGreaterThan(900);
      expect(Date.now() - (chunks[1]?.at ?? 0)).toBeLessThan(30_000);
    }
  });

  test('is cut by lines of both streams for tail, however long the lines are', async () => {
    const { handle, job } = await start(
      sh(
        'echo one; sleep 0.2; echo two >&2; sleep 0.2; head -c 40000 /dev/zero | tr "\\0" x; echo; sleep 0.2; printf end',
      ),
    );
    await job.waitForExit();
    const long = 'x'.repeat(40_000);
    const tail = (count: number, stream?: 'stdout' | 'stderr'): Promise<{ stdout: string; stderr: string }> =>
      tailText(provider.readLogs(handle, { tail: count, ...(stream === undefined ? {} : { stream }) }));
    expect(await tail(1)).toEqual({ stdout: 'end', stderr: '' });
    expect(await tail(2)).toEqual({ stdout: `${long}\nend`, stderr: '' });
    expect(await tail(3)).toEqual({ stdout: `${long}\nend`, stderr: 'two\n' });
    expect(await tail(4)).toEqual({ stdout: `one\n${long}\nend`, stderr: 'two\n' });
    expect(await tail(3, 'stdout')).toEqual({ stdout: `one\n${long}\nend`, stderr: '' });
    expect(await tail(1, 'stderr')).toEqual({ stdout: '', stderr: 'two\n' });
  });

  test('has true offsets in a tail', async () => {
    const { handle, job } = await start(sh('echo one; echo two'));
    await job.waitForExit();
    const chunks: OutputChunk[] = [];
    for await (const chunk of provider.readLogs(handle, { tail: 1 })) chunks.push(chunk);
    expect(chunks).toMatchObject([{ stream: 'stdout', offset: 4 }]);
  });

  test(
    'goes on from the log where the connection breaks while the job runs: nothing lost, nothing twice',
    LONG,
    async () => {
      const count = 20_000;
      const { handle, job } = await start(
        sh('seq -w 1 10000 | sed "s/^/0000/"; sleep 1; seq -w 10001 20000 | sed "s/^/0000/"'),
        {},
        remote,
      );
      let seen = 0;
      const { stdout } = await collect(job.output, NO_OUTPUT, ({ bytes }) => {
        seen += bytes.length;
        if (seen >= 50_000 && seen - bytes.length < 50_000) proxy.cut(`/containers/${handle.resourceId}/attach`);
      });
      expect(stdout.equals(lines(count))).toBe(true);
      expect((await job.waitForExit()).exitCode).toBe(0);
    },
  );

  test('goes on where the engine is away for a while, and so does the wait for the exit', LONG, async () => {
    const { job } = await start(sh('echo one; sleep 1; echo two; sleep 1; echo three; exit 9'), {}, remote);
    const exit = job.waitForExit();
    const output = job.output[Symbol.asyncIterator]();
    await readUntil(output, 'one');
    await proxy.shut();
    const rest = collectRest(output);
    await provider.checkHealth();
    await proxy.open();
    expect((await rest).stdout).toBe('two\nthree\n');
    expect((await exit).exitCode).toBe(9);
  });

  test('is complete where the connection broke and the job ended meanwhile', LONG, async () => {
    const { handle, job } = await start(sh('echo one; sleep 0.3; echo two; exit 3'), {}, remote);
    const output = job.output[Symbol.asyncIterator]();
    await readUntil(output, 'one');
    await proxy.shut();
    const rest = collectRest(output);
    await expect.poll(async () => (await provider.getWorkerStatus(handle)).state, { interval: 20 }).toBe('terminated');
    await proxy.open();
    expect((await rest).stdout).toBe('two\n');
    expect((await job.waitForExit()).exitCode).toBe(3);
  });

  test('recovered over a connection that breaks goes on at its offset', LONG, async () => {
    const { handle, order, job } = await start(sh('seq -w 1 200000 | sed "s/^/000/"'));
    await collect(job.output);
    proxy.cutAfter(`/containers/${handle.resourceId}/logs`, 2_000_000);
    const recovered = await remote.recoverWorker(handle, { nonce: order.nonce, from: NO_OUTPUT });
    expect((await collect(recovered.output)).stdout.equals(lines(200_000))).toBe(true);
  });

  test('read from the log over a connection that breaks is an error, never a short log', async () => {
    const { handle, job } = await start(sh('seq -w 1 200000 | sed "s/^/000/"'));
    await collect(job.output);
    proxy.cutAfter(`/containers/${handle.resourceId}/logs`, 1_000_000);
    let read = 0;
    const reading = (async () => {
      for await (const { bytes } of remote.readLogs(handle)) read += bytes.length;
    })();
    await expect(reading).rejects.toMatchObject({ code: 'provider_unavailable' });
    expect(read).toBeGreaterThan(0);
    expect(read).toBeLessThan(2_000_000);
  });

  describe('where the engine has lost some of its log', () => {
    const log = { driver: 'local', maxFileBytes: 128 * 1024, maxFiles: 2 } as const;
    let forgetful: DockerProvider;
    beforeAll(async () => {
      forgetful = await engine.provider({
        log,
        connection: { kind: 'socket', socketPath: proxy.socketPath },
      });
    });

    /** Reads 50 KB live; then the engine is away while the job writes so many lines. */
    const interrupted = async (
      count: number,
    ): Promise<{ readonly chunks: readonly OutputChunk[]; readonly exitCode: number }> => {
      const script = 'seq -w 1 5000 | sed "s/^/00000/"; sleep 1; seq -w 5001 "$1" | sed "s/^/$2/"; exit 5';
      const { handle, job } = await start(
        sh(script, String(count), '0'.repeat(9 - String(count).length)),
        {},
        forgetful,
      );
      const chunks: OutputChunk[] = [];
      let seen = 0;
      for await (const chunk of job.output) {
        chunks.push(chunk);
        seen += chunk.bytes.length;
        if (seen >= 50_000 && seen - chunk.bytes.length < 50_000) {
          await proxy.shut();
          await expect
            .poll(async () => (await provider.getWorkerStatus(handle)).state, { timeout: 60_000, interval: 20 })
            .toBe('terminated');
          await proxy.open();
        }
      }
      return { chunks, exitCode: (await job.waitForExit()).exitCode };
    };

    test('goes on without a gap where what is lost was read before', LONG, async () => {
      const { chunks, exitCode } = await interrupted(8_000);
      expect(chunks.filter(({ gap }) => gap !== undefined)).toEqual([]);
      expect(Buffer.concat(chunks.map(({ bytes }) => bytes)).equals(lines(8_000))).toBe(true);
      expect(exitCode).toBe(5);
    });

    test('has a gap just where bytes are missing, and all that is kept after it', LONG, async () => {
      const { chunks, exitCode } = await interrupted(99_999);
      const at = chunks.findIndex(({ gap }) => gap !== undefined);
      const before = Buffer.concat(chunks.slice(0, at).map(({ bytes }) => bytes));
      const after = Buffer.concat(chunks.slice(at).map(({ bytes }) => bytes));
      expect(chunks[at]).toMatchObject({ stream: 'stdout', offset: before.length, gap: { reason: 'log_lost' } });
      expect(chunks.filter(({ gap, stream }) => gap !== undefined && stream === 'stdout')).toHaveLength(1);
      const all = lines(99_999);
      expect(all.subarray(0, before.length).equals(before)).toBe(true);
      expect(all.subarray(-after.length).equals(after)).toBe(true);
      expect(before.length + after.length).toBeLessThan(all.length);
      expect(exitCode).toBe(5);
    });

    test('has a gap of just the right size where the engine stepped over a part of its log', LONG, async () => {
      const rotating = await engine.provider({ log: { ...log, maxFiles: 100 } });
      const script = 'echo first; sleep 2; seq -w 1 99999 | sed "s/^/0000/"';
      const { handle, order, job } = await start(sh(script), {}, rotating);
      await readUntil(job.output[Symbol.asyncIterator](), 'first');
      job.detach();
      const running = await rotating.recoverWorker(handle, { nonce: order.nonce, from: NO_OUTPUT });
      const output = running.output[Symbol.asyncIterator]();
      await readUntil(output, 'first');
      // Meanwhile its log is rotated again and again, and nobody reads: engines before 23.0 go on with the last file.
      await expect
        .poll(async () => (await provider.getWorkerStatus(handle)).state, { timeout: 60_000, interval: 50 })
        .toBe('terminated');
      let end = 'first\n'.length;
      let bytes = end;
      for (let next = await output.next(); next.done !== true; next = await output.next()) {
        expect(next.value.offset).toBe(end);
        end = endOfChunk(next.value);
        bytes += next.value.bytes.length;
      }
      expect(end).toBe('first\n'.length + lines(99_999).length);
      expect(bytes).toBeLessThanOrEqual(end);
    });

    test('is never taken for "never launched", also where the job writes to stderr alone', LONG, async () => {
      const { handle, order, job } = await start(sh('seq -w 1 100000 | sed "s/^/000/" >&2; exit 6'), {}, forgetful);
      job.detach();
      await job.waitForExit();
      const running = await forgetful.recoverWorker(handle, { nonce: order.nonce, from: NO_OUTPUT });
      const chunks = await chunksOf(running.output);
      const kept = Buffer.concat(chunks.map(({ bytes }) => bytes));
      expect(lines(100_000).subarray(-kept.length).equals(kept)).toBe(true);
      expect((await running.waitForExit()).exitCode).toBe(6);
    });
  });

  test('is nothing where the connection broke before the order, and that is known', async () => {
    const handle = await remote.createWorker(engine.spec());
    made.push(handle);
    proxy.cut(`/containers/${handle.resourceId}/attach`);
    await expect(remote.launch(handle, orderFor(['true']))).rejects.toMatchObject({ code: 'never_launched' });
  });

  test('comes from a job that closed its stdout and went on', async () => {
    const { job } = await start(sh('echo out; exec >&- 2>&-; sleep 0.5; exit 4'));
    expect(await collectText(job.output)).toEqual({ stdout: 'out\n', stderr: '' });
    expect((await job.waitForExit()).exitCode).toBe(4);
  });

  test('is whole where the job ends without reading the stdin it was given', async () => {
    const { job } = await start(sh('seq -w 1 100000 | sed "s/^/000/"; exit 2'), { stdin: randomBytes(8_000_000) });
    expect((await collect(job.output)).stdout.equals(lines(100_000))).toBe(true);
    expect((await job.waitForExit()).exitCode).toBe(2);
  });

  test('is bounded as configured, where the provider keeps little of it', LONG, async () => {
    expect(DEFAULT_DOCKER_CONFIG.log.maxFileBytes * DEFAULT_DOCKER_CONFIG.log.maxFiles).toBe(1024 ** 3);
    const little = await engine.provider({ log: { driver: 'local', maxFileBytes: 128 * 1024, maxFiles: 2 } });
    const { handle, order, job } = await start(sh('seq -w 1 200000 | sed "s/^/000/"'), {}, little);
    expect((await collect(job.output)).stdout.equals(lines(200_000)), 'live output needs no log').toBe(true);
    const recovered = await little.recoverWorker(handle, { nonce: order.nonce, from: NO_OUTPUT });
    const [first, ...rest] = await chunksOf(recovered.output);
    expect(first).toMatchObject({ offset: 0, gap: { reason: 'log_lost' } });
    const kept = Buffer.concat(rest.map(({ bytes }) => bytes));
    expect(kept.length).toBeGreaterThan(50_000);
    expect(lines(200_000).subarray(-kept.length).equals(kept)).toBe(true);
  });
});

async function chunksOf(output: AsyncIterable<OutputChunk>): Promise<readonly OutputChunk[]> {
  const chunks: OutputChunk[] = [];
  for await (const chunk of output) chunks.push(chunk);
  return chunks;
}

const after = (ms: number): Promise<'still running'> =>
  new Promise((resolve) => AbortSignal.timeout(ms).addEventListener('abort', () => resolve('still running')));

async function collectRest(
  output: AsyncIterator<OutputChunk>,
): Promise<{ readonly stdout: string; readonly stderr: string }> {
  const text = { stdout: '', stderr: '' };
  for (let next = await output.next(); next.done !== true; next = await output.next()) {
    text[next.value.stream] += Buffer.from(next.value.bytes).toString('latin1');
  }
  return text;
}

async function tailText(output: AsyncIterable<OutputChunk>): Promise<{ stdout: string; stderr: string }> {
  return await collectRest(output[Symbol.asyncIterator]());
}
