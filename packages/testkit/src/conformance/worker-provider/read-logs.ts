import type { LogQuery, OutputChunk, WorkerHandle } from '@hodei/domain';
import { describe, expect, test as plainTest } from 'vitest';
import { testWhereClaimed } from './claimed-test.ts';
import type { GetBench } from './get-bench.ts';
import { chunksOf, OutputReader, readAll } from './read-output.ts';

const PAUSE_MS = 1000;

const textOf = (chunks: readonly OutputChunk[]): string => Buffer.concat(chunks.map(({ bytes }) => bytes)).toString();

export function readLogs(bench: GetBench): void {
  const test = testWhereClaimed(bench, ({ retainedLogs }) => retainedLogs, 'retainedLogs');
  const read = async (handle: WorkerHandle, query?: LogQuery): Promise<readonly OutputChunk[]> =>
    await chunksOf(bench().provider.readLogs(handle, query));

  describe('readLogs', () => {
    plainTest('is refused where it is not claimed', async (context) => {
      const { capabilities, commands } = bench();
      if (capabilities.retainedLogs) return context.skip('the provider claims to keep logs');
      const { handle } = await bench().run(commands.print('stdout', 'text'));
      await expect(read(handle)).rejects.toMatchObject({ code: 'unsupported' });
    });

    test('brings both streams, byte for byte and without the launch marker', async () => {
      const { handle } = await bench().run(bench().commands.printBoth('one\ntwo', 'three\n', 1));
      const { stdout, stderr } = await readAll(bench().provider.readLogs(handle));
      expect([stdout.toString(), stderr.toString()]).toEqual(['one\ntwo', 'three\n']);
    });

    test('brings much output whole', async () => {
      const { handle } = await bench().run(bench().commands.repeat('0123456789abcdef\n', 3_000_000));
      const { stdout } = await readAll(bench().provider.readLogs(handle));
      expect(stdout.equals(Buffer.alloc(3_000_000, '0123456789abcdef\n'))).toBe(true);
    });

    test('brings a long line whole', async () => {
      const { handle } = await bench().run(bench().commands.repeat('0123456789abcdef', 1_000_000));
      const { stdout } = await readAll(bench().provider.readLogs(handle));
      expect(stdout.equals(Buffer.alloc(1_000_000, '0123456789abcdef'))).toBe(true);
    });

    test('has nothing of a worker that had no order yet', async () => {
      expect(await read(await bench().create())).toEqual([]);
    });

    test('brings one stream only where one is asked for', async () => {
      const { handle } = await bench().run(bench().commands.printBoth('out\n', 'err\n', 0));
      const chunks = await read(handle, { stream: 'stderr' });
      expect(chunks.every(({ stream }) => stream === 'stderr')).toBe(true);
      expect(textOf(chunks)).toBe('err\n');
    });

    test('brings the last lines only where so many are asked for', async () => {
      const { handle } = await bench().run(bench().commands.print('stdout', 'one\ntwo\nthree\n'));
      expect(textOf(await read(handle, { tail: 2 }))).toBe('two\nthree\n');
      expect(textOf(await read(handle, { tail: 99 }))).toBe('one\ntwo\nthree\n');
      expect(await read(handle, { tail: 0 })).toEqual([]);
    });

    test('does not count the launch marker as a line', async () => {
      const { handle } = await bench().run(bench().commands.print('stdout', 'one\n'));
      expect(textOf(await read(handle, { tail: 2 }))).toBe('one\n');
      const silent = await bench().run(bench().commands.exit(0));
      expect(await read(silent.handle, { tail: 1 })).toEqual([]);
    });

    test('tells when the job wrote, not when it was read, and can begin at such a moment', async () => {
      const { handle } = await bench().run(bench().commands.slowly(['one\n', 'two\n'], PAUSE_MS, 0));
      const [first, second] = await read(handle);
      if (first === undefined || second === undefined) throw new Error('there should be two chunks, a pause apart');
      expect([textOf([first]), textOf([second])]).toEqual(['one\n', 'two\n']);
      expect(second.at - first.at).toBeGreaterThan(PAUSE_MS / 2);
      expect(textOf(await read(handle, { since: second.at }))).toBe('two\n');
      expect(textOf(await read(handle, { since: first.at }))).toBe('one\ntwo\n');
      expect(await read(handle, { since: second.at + PAUSE_MS })).toEqual([]);
    });

    test('skips what was read before', async () => {
      const { handle } = await bench().run(bench().commands.printBoth('0123456789', 'abcdefghij', 0));
      const from = { stdout: 4, stderr: 7 };
      const { stdout, stderr } = await readAll(bench().provider.readLogs(handle, { from }), from);
      expect([stdout.toString(), stderr.toString()]).toEqual(['456789', 'hij']);
    });

    test('goes on while the job writes, to its end', async () => {
      const { handle } = await bench().start(bench().commands.slowly(['one\n', 'two\n', 'three\n'], 200, 0));
      const { stdout } = await readAll(bench().provider.readLogs(handle, { follow: true }));
      expect(stdout.toString()).toBe('one\ntwo\nthree\n');
    });

    test('stops where its signal aborts', async () => {
      const { handle, output } = await bench().start(bench().commands.waitForever());
      await output.until('ready');
      const stop = new AbortController();
      const reader = new OutputReader(bench().provider.readLogs(handle, { follow: true, signal: stop.signal }));
      await reader.until('ready');
      const reason = new Error('the test has seen enough');
      stop.abort(reason);
      await expect(reader.done).rejects.toBe(reason);
    });

    test('can be read by a process that did not launch the job', async () => {
      const { handle } = await bench().run(bench().commands.print('stdout', 'text'));
      const other = await bench().connectAnother();
      expect(textOf(await chunksOf(other.readLogs(handle)))).toBe('text');
    });

    test('refuses a query that contradicts itself', async () => {
      const { handle } = await bench().run(bench().commands.print('stdout', 'text'));
      const from = { stdout: 1, stderr: 0 };
      await expect(read(handle, { from, tail: 1 })).rejects.toMatchObject({ code: 'invalid_input' });
      await expect(read(handle, { from, since: 1 })).rejects.toMatchObject({ code: 'invalid_input' });
      await expect(read(handle, { tail: -1 })).rejects.toMatchObject({ code: 'invalid_input' });
    });

    test('says that the worker is gone', async () => {
      const { handle } = await bench().run(bench().commands.exit(0));
      await bench().provider.destroyWorker(handle, { gracePeriodMs: 0 });
      await expect(read(handle)).rejects.toMatchObject({ code: 'worker_not_found' });
    });
  });
}
