import { open, rename, stat, type FileHandle } from 'node:fs/promises';

import type { DataFolder } from './data-folder.ts';
import { unless } from './errno.ts';
import { give, type RunAs } from './run-as.ts';

/** One older file is kept. A start adds some 500 bytes, so this is a bound for all but a server in distress. */
const MAX_LOG_BYTES = 1024 * 1024;
const TAIL_LINES = 15;

/** Opens the log to be added to, and says where what comes begins. */
export async function openLog({ log }: DataFolder, runAs: RunAs): Promise<{ file: FileHandle; offset: number }> {
  const size = (await unless(['ENOENT'], () => stat(log)))?.size ?? 0;
  if (size > MAX_LOG_BYTES) await rename(log, `${log}.1`);
  const file = await open(log, 'a', 0o600);
  await give(log, runAs);
  return { file, offset: (await file.stat()).size };
}

/** The last lines of the log, from an offset on. */
export async function readLogTail({ log }: DataFolder, offset = 0): Promise<string> {
  const file = await unless(['ENOENT'], () => open(log));
  if (file === undefined) return '';
  await using opened = file;
  const { size } = await opened.stat();
  const start = Math.max(offset, size - 64 * 1024);
  const { buffer, bytesRead } = await opened.read(
    Buffer.alloc(Math.max(0, size - start)),
    0,
    Math.max(0, size - start),
    start,
  );
  const lines = buffer.toString('utf8', 0, bytesRead).trimEnd().split('\n');
  return lines.slice(-TAIL_LINES).join('\n');
}
