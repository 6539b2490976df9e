import { describe, expect, test } from 'vitest';
import type { GetBench } from './get-bench.ts';
import { readAll } from './read-output.ts';

const ALL_BYTES = Uint8Array.from({ length: 256 }, (_, byte) => byte);

const repeated = (text: string, bytes: number): Buffer => Buffer.alloc(bytes, text);

export function output(bench: GetBench): void {
  describe('the output of a running job', () => {
    test('keeps stdout and stderr apart', async () => {
      const { stdout, stderr } = await bench().run(bench().commands.printBoth('one\ntwo\n', 'three\n', 0));
      expect({ stdout, stderr }).toEqual({ stdout: 'one\ntwo\n', stderr: 'three\n' });
    });

    test('is empty where the job writes nothing', async () => {
      const { stdout, stderr } = await bench().run(bench().commands.exit(0));
      expect({ stdout, stderr }).toEqual({ stdout: '', stderr: '' });
    });

    test('comes byte for byte, whatever the bytes', async () => {
      const { output: read } = await bench().run(bench().commands.printBytes(ALL_BYTES));
      expect([...read.bytes('stdout')]).toEqual([...ALL_BYTES]);
    });

    test('gets no newline that the job did not write', async () => {
      expect((await bench().run(bench().commands.print('stderr', 'no newline'))).stderr).toBe('no newline');
    });

    test('may begin with a newline, or be nothing but one', async () => {
      expect((await bench().run(bench().commands.print('stdout', '\n'))).stdout).toBe('\n');
    });

    test.for([
      ['one line of 5 MB', '0123456789abcdef', 5_000_000],
      ['24 MB in short lines', '0123456789abcdef\n', 24_000_000],
    ] as const)('comes whole: %s', async ([, text, bytes]) => {
      const { output: read, exit } = await bench().run(bench().commands.repeat(text, bytes));
      expect(read.bytes('stdout').length).toBe(bytes);
      expect(read.bytes('stdout').equals(repeated(text, bytes))).toBe(true);
      expect(exit.exitCode).toBe(0);
    });

    test('arrives while the job runs', async () => {
      const { output: read, running } = await bench().start(bench().commands.waitForever());
      await read.until('ready\n');
      running.detach();
    });

    test('can still be read when the job has ended', async () => {
      const { provider, commands } = bench();
      const running = await provider.launch(await bench().create(), bench().order(commands.printBoth('out', 'err', 3)));
      expect((await running.waitForExit()).exitCode).toBe(3);
      const { stdout, stderr } = await readAll(running.output);
      expect([stdout.toString(), stderr.toString()]).toEqual(['out', 'err']);
    });

    test('has the time at which it was written', async () => {
      const { provider, commands } = bench();
      const running = await provider.launch(await bench().create(), bench().order(commands.print('stdout', 'text')));
      for await (const { at } of running.output) expect(Number.isFinite(at) && at > 0).toBe(true);
    });

    test('ends for a reader who lets go, and the job goes on', async () => {
      const { commands, provider } = bench();
      const { handle, running, output: read } = await bench().start(commands.waitForever());
      await read.until('ready\n');
      running.detach();
      running.detach();
      await read.done;
      expect((await provider.getWorkerStatus(handle)).state).toMatch(/^(ready|busy)$/);
    });
  });
}
