import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { EngineEndpoint } from '../engine/engine-address.ts';
import { callEngine } from '../engine/engine-request.ts';
import { type LabelledResource, listLabelled } from './list-resources.ts';

const RUN_LABEL = 'hodei.test-run';
const OWNER_LABEL = 'hodei.test-owner';
const EXPIRES_LABEL = 'hodei.test-expires-at';
const LONGEST_RUN_MS = 2 * 60 * 60 * 1000;

export interface TestRun {
  readonly id: string;
  /** For everything that the run itself starts, so that a later run can tell what a dead one has left. */
  readonly labels: Readonly<Record<string, string>>;
}

export const startTestRun = (): TestRun => {
  const id = randomUUID();
  return { id, labels: labelsOfRun(id) };
};

/** For what a process of the run starts itself. */
export const labelsOfRun = (id: string): Readonly<Record<string, string>> => ({
  [RUN_LABEL]: id,
  [OWNER_LABEL]: `${hostname()}/${process.pid}`,
  [EXPIRES_LABEL]: new Date(Date.now() + LONGEST_RUN_MS).toISOString(),
});

/** Removes what runs that were killed have left behind. */
export const reapDeadRuns = async (engine: EngineEndpoint): Promise<void> => {
  // Containers come first in the list: what they use can be removed after them.
  for (const { kind, id, labels } of await listLabelled(engine, RUN_LABEL)) {
    if (!isAlive(labels)) {
      await callEngine(engine, `/${kind}s/${id}${kind === 'container' ? '?force=1&v=1' : ''}`, { method: 'DELETE' });
    }
  }
};

/** Whether another run is going on with the same engine. */
export const anotherRunIsAlive = async (engine: EngineEndpoint): Promise<boolean> =>
  (await listRunContainers(engine)).some(({ labels }) => isAlive(labels));

const listRunContainers = async (engine: EngineEndpoint): Promise<readonly LabelledResource[]> =>
  (await listLabelled(engine, RUN_LABEL)).filter(({ kind }) => kind === 'container');

const isAlive = (labels: Readonly<Record<string, string>>): boolean => {
  const [host, pid] = (labels[OWNER_LABEL] ?? '').split('/');
  const expired = Date.parse(labels[EXPIRES_LABEL] ?? '') < Date.now();
  // A process of another machine cannot be asked after; its run ends by its date at the latest.
  return !expired && (host !== hostname() || processExists(Number(pid)));
};

const processExists = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};
