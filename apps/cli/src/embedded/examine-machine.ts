import { constants } from 'node:fs';
import { access, stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';

import type { Settings } from '@hodei/server';

import type { Finding } from '../finding.ts';
import { formatSize } from '../output/format-size.ts';

/** The oldest Node that runs this; its `engines`. */
const LEAST_NODE = 24;
const LITTLE_SPACE_BYTES = 1024 ** 3;

export function examineNode(version: string): Finding {
  const major = Number(version.split('.')[0]);
  if (major >= LEAST_NODE) return { subject: 'node', verdict: 'ok', detail: version };
  return { subject: 'node', verdict: 'fail', detail: version, advice: `install Node ${LEAST_NODE} or newer` };
}

/** The data directory, or where it does not exist yet, the place it will be made in. */
export async function examineDataDir({ dataDir }: Settings): Promise<Finding> {
  const subject = 'data directory';
  const advice = 'set HODEI_DATA_DIR to a directory that you own';
  try {
    const existing = await nearestExisting(dataDir);
    if (!(await stat(existing)).isDirectory())
      return { subject, verdict: 'fail', detail: `${existing} is no directory`, advice };
    await access(existing, constants.W_OK | constants.X_OK);
    const { bavail, bsize } = await statfs(existing);
    const free = bavail * bsize;
    const detail = `${dataDir}${existing === dataDir ? '' : ' (not made yet)'}, ${formatSize(free)} free`;
    if (free >= LITTLE_SPACE_BYTES) return { subject, verdict: 'ok', detail };
    return { subject, verdict: 'warn', detail, advice: 'make room: the output of all jobs is kept here' };
  } catch (error) {
    return {
      subject,
      verdict: 'fail',
      detail: `${dataDir}: ${error instanceof Error ? error.message : String(error)}`,
      advice,
    };
  }
}

async function nearestExisting(path: string): Promise<string> {
  try {
    await stat(path);
    return path;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || dirname(path) === path) throw error;
    return nearestExisting(dirname(path));
  }
}
