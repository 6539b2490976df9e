import type { OutputChunk, OutputOffsets } from '@hodei/domain';

/** What a job wrote, by stream. */
export interface Collected {
  readonly stdout: Buffer;
  readonly stderr: Buffer;
}

/** Reads an output to its end, and checks that no chunk leaves a gap or comes twice. */
export async function collect(
  output: AsyncIterable<OutputChunk>,
  from: OutputOffsets = { stdout: 0, stderr: 0 },
  onChunk: (chunk: OutputChunk) => void = () => undefined,
): Promise<Collected> {
  const parts: { readonly stdout: Uint8Array[]; readonly stderr: Uint8Array[] } = { stdout: [], stderr: [] };
  const next = { ...from };
  for await (const chunk of output) {
    const { stream, offset, bytes } = chunk;
    if (offset !== next[stream]) throw new Error(`${stream} goes on at ${offset}, not at ${next[stream]}`);
    next[stream] += bytes.length;
    parts[stream].push(bytes);
    onChunk(chunk);
  }
  return { stdout: Buffer.concat(parts.stdout), stderr: Buffer.concat(parts.stderr) };
}

/** The same as text. */
export async function collectText(
  output: AsyncIterable<OutputChunk>,
): Promise<{ readonly stdout: string; readonly stderr: string }> {
  const { stdout, stderr } = await collect(output);
  return { stdout: stdout.toString(), stderr: stderr.toString() };
}

/** Reads until stdout has this text, and leaves the rest to the next reader. */
export async function readUntil(output: AsyncIterator<OutputChunk>, text: string): Promise<void> {
  let seen = '';
  while (!seen.includes(text)) {
    const next = await output.next();
    if (next.done === true) throw new Error(`the output ended with "${seen}", without "${text}"`);
    if (next.value.stream === 'stdout') seen += Buffer.from(next.value.bytes).toString();
  }
}
