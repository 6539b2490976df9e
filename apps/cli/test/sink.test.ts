import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

import { parseAttemptId, type LogRecord, type OutputStream } from '@hodei/domain';
import { expect, test } from 'vitest';

import { copyOutput } from '../src/output/copy-output.ts';
import { openSink, type Sink } from '../src/output/sink.ts';

const SINK = new URL('../src/output/sink.ts', import.meta.url).href;

/** Runs a program that has the sink of fd 1, its stdout a pipe into `reader`. @returns its stderr and what was read. */
async function pipeInto(program: string, reader: string): Promise<{ readonly read: string; readonly stderr: string }> {
  const script = `import { openSink, ClosedOutputError } from ${JSON.stringify(SINK)};\nconst sink = openSink(1);\n${program}`;
  const shell = `"$0" --conditions=@hodei/source --disable-warning=ExperimentalWarning --input-type=module -e "$1" | (${reader})`;
  const child = spawn('sh', ['-c', shell, process.execPath, script], { stdio: ['ignore', 'pipe', 'pipe'] });
  const [read, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { read: read.trim(), stderr };
}

test('waits for a slow reader without blocking the process or losing a byte', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'hodei-sink-'));
  const wentOn = join(folder, 'went-on');
  // The reader begins when the process went on while a write waited for it: one that is blocked never does.
  const program = `
    import { writeFileSync } from 'node:fs';
    let turns = 0;
    const timer = setInterval(() => (turns += 1) === 20 && writeFileSync(${JSON.stringify(wentOn)}, ''), 5);
    for (let i = 0; i < 8; i += 1) await sink.write(Buffer.alloc(1 << 20, 'x'));
    clearInterval(timer);`;
  try {
    const reader = `while [ ! -e '${wentOn}' ]; do sleep 0.01; done; wc -c`;
    expect(await pipeInto(program, reader)).toEqual({ read: String(8 << 20), stderr: '' });
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('waits for a reader whose pipe does not block', async () => {
  // Touching process.stdout makes Node put its pipe into the non-blocking mode.
  const program = `process.stdout.write('');\nfor (let i = 0; i < 4; i += 1) await sink.write(Buffer.alloc(1 << 20, 'x'));`;
  expect(await pipeInto(program, 'sleep 0.2; wc -c')).toEqual({ read: String(4 << 20), stderr: '' });
});

test('says that nobody reads any more', async () => {
  const program = `
    try {
      for (;;) await sink.write(Buffer.alloc(1 << 16, 'x'));
    } catch (error) {
      process.stderr.write(String(error instanceof ClosedOutputError));
    }`;
  expect((await pipeInto(program, 'head -c 10 >/dev/null')).stderr).toBe('true');
});

test.runIf(process.platform === 'linux')('says that there is no room, as nothing that is wrong with us', async () => {
  const full = openSync('/dev/full', 'w');
  await expect(openSink(full).write('x')).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringMatching(/^what there is to say can't be written: .*no space left/),
  });
  closeSync(full);
});

test('keeps the order of what is written at once', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'hodei-sink-'));
  const fd = openSync(join(folder, 'out'), 'w');
  try {
    const sink = openSink(fd);
    await Promise.all(['a', 'b', 'c'].map((letter) => sink.write(letter.repeat(100_000))));
    expect(await readFile(join(folder, 'out'), 'utf8')).toBe(
      'a'.repeat(100_000) + 'b'.repeat(100_000) + 'c'.repeat(100_000),
    );
  } finally {
    closeSync(fd);
    await rm(folder, { recursive: true });
  }
});

test('output goes to its own stream, and the next piece is read when the last was taken', async () => {
  const events: string[] = [];
  const sink = (name: OutputStream): Sink => ({
    write: async (data) => {
      events.push(`${name} takes ${Buffer.from(data).toString()}`);
      await Promise.resolve();
      events.push(`${name} took it`);
    },
  });
  const attemptId = parseAttemptId('01890a5d-ac96-774b-bcce-b302099a8057');
  async function* output(): AsyncGenerator<LogRecord> {
    for (const [seq, stream] of (['stdout', 'stderr'] as const).entries()) {
      events.push(`read ${seq}`);
      yield { attemptId, seq, stream, offset: 0, at: 0, bytes: Buffer.from(`x${seq}`) };
    }
  }
  const last = await copyOutput(
    output(),
    { stdout: sink('stdout'), stderr: sink('stderr') },
    {
      onFirst: async () => void events.push('first'),
    },
  );
  expect(events).toEqual([
    'read 0',
    'first',
    'stdout takes x0',
    'stdout took it',
    'read 1',
    'stderr takes x1',
    'stderr took it',
  ]);
  expect(last).toEqual({ stdout: '0'.charCodeAt(0), stderr: '1'.charCodeAt(0) });
});
