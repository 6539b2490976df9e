import type { WorkerView } from '@hodei/application';
import {
  HodeiError,
  JOB_STATES,
  parseJobId,
  parseProviderId,
  parseWorkerId,
  type Job,
  type JobState,
} from '@hodei/domain';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import type { Backend } from '../src/backend.ts';
import type { Screen, ScreenInput } from '../src/output/screen.ts';
import { visibleLength } from '../src/output/width.ts';
import { loadOverview, type Overview } from '../src/top/load-overview.ts';
import { renderOverview } from '../src/top/render-overview.ts';
import { shareLines } from '../src/top/share-lines.ts';
import { watchOverview } from '../src/top/watch-overview.ts';

const look = { now: () => 60_000, out: { isTerminal: true, paint: (_: unknown, text: string): string => text } };
const idOf = (index: number): string => `01890a5d-ac96-774b-bcce-${String(index).padStart(12, '0')}`;

const job = (index: number, state: JobState, name: string): Job => ({
  id: parseJobId(idOf(index)),
  state,
  createdAt: 0,
  stateChangedAt: 30_000,
  notBefore: 0,
  startedAt: 30_000,
  spec: {
    image: 'busybox',
    command: ['sleep', '60'],
    env: {},
    secretNames: [],
    resources: {},
    network: 'none',
    requirements: {},
    retry: { maxAttempts: 1, backoffMs: 0 },
    priority: 0,
    queue: 'default',
    labels: {},
    name,
  },
});

const worker = (index: number): WorkerView => ({
  worker: {
    id: parseWorkerId(idOf(index)),
    providerId: parseProviderId(idOf(0)),
    state: 'busy',
    epoch: 1,
    image: 'busybox',
    resources: {},
    jobsRun: 0,
    createdAt: 0,
    stateChangedAt: 0,
    expiresAt: 0,
  },
  health: { status: 'healthy' },
});

const overview = (jobs: number, workers: number, name = 'job'): Overview => ({
  jobs: Array.from({ length: jobs }, (_, index) => job(index, 'running', name)),
  workers: Array.from({ length: workers }, (_, index) => worker(index)),
  queues: [{ name: 'default', paused: false, weight: 1, pending: 7, inFlight: jobs }],
  pools: [],
  providers: [{ name: 'docker', status: 'active', liveWorkers: workers, maxWorkers: 100 }],
});

describe('an overview', () => {
  test('says how much there is, and shows each thing in a table of its own', () => {
    const lines = renderOverview(overview(1, 1), look);
    expect(lines[0]).toBe('hodei: 1 jobs in flight, 7 pending, 1 workers');
    expect(lines).toContainEqual(expect.stringMatching(/^PROVIDER +STATUS +WORKERS$/));
    expect(lines).toContainEqual(expect.stringMatching(/^QUEUE +PENDING +IN FLIGHT +WEIGHT$/));
    expect(lines.at(-1)).toMatch(/^0189\S+ +running +30s +30\.0s +- +job +default +sleep 60$/);
  });

  test('never takes more lines or columns than there are, whatever jobs are called', () => {
    const anything = fc.record({
      jobs: fc.nat(60),
      workers: fc.nat(60),
      name: fc.string({ unit: 'binary', maxLength: 50 }),
      width: fc.integer({ min: 20, max: 200 }),
      height: fc.integer({ min: 1, max: 60 }),
    });
    fc.assert(
      fc.property(anything, ({ jobs, workers, name, width, height }) => {
        const lines = renderOverview(overview(jobs, workers, name), look, { width, height });
        expect(lines.length).toBeLessThanOrEqual(height);
        expect(lines.filter((line) => visibleLength(line) > width)).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });

  test('says how many rows there was no room for', () => {
    const lines = renderOverview(overview(50, 0), look, { width: 100, height: 20 });
    expect(lines).toHaveLength(20);
    expect(lines.at(-1)).toBe('… 40 more');
  });

  test('of a tenant has its jobs alone', async () => {
    const forbidden = (): Promise<never> => Promise.reject(new HodeiError('forbidden', 'not yours'));
    const found = await loadOverview(
      {
        listJobs: ({ states }: { readonly states: readonly JobState[] }) =>
          Promise.resolve({ items: states.includes('pending') ? [job(1, 'pending', 'mine')] : [] }),
        listWorkers: forbidden,
        listPools: forbidden,
        listQueues: forbidden,
        providerLoads: forbidden,
      } as unknown as Backend,
      10,
    );
    expect(Object.keys(found)).toEqual(['jobs']);
    expect(renderOverview(found, look)[0]).toBe('hodei: 0 jobs in flight, 1 pending');
  });

  test('knows every state of a job', async () => {
    const asked: JobState[] = [];
    const listJobs = ({ states }: { readonly states: readonly JobState[] }): Promise<{ items: [] }> => {
      asked.push(...states);
      return Promise.resolve({ items: [] });
    };
    const nothing = (): Promise<readonly []> => Promise.resolve([]);
    await loadOverview(
      {
        listJobs,
        listWorkers: async () => ({ items: [] }),
        listPools: nothing,
        listQueues: nothing,
        providerLoads: nothing,
      } as unknown as Backend,
      10,
    );
    expect(asked.toSorted()).toEqual([...JOB_STATES].toSorted());
  });
});

test('lines are shared: who wants few gets them, the others share the rest', () => {
  expect(shareLines([3, 50, 50], 43)).toEqual([3, 20, 20]);
  expect(shareLines([3, 5], 100)).toEqual([3, 5]);
  expect(shareLines([9, 9], 5)).toEqual([2, 3]);
  expect(shareLines([9], -1)).toEqual([0]);
});

/** A screen of 100 by 20, that keeps what is drawn. */
function fakeScreen(): {
  readonly screen: Screen;
  readonly press: (input: ScreenInput) => void;
  readonly size: { width: number; height: number };
  readonly drawn: (text: string) => Promise<void>;
} {
  const size = { width: 100, height: 20 };
  let press: (input: ScreenInput) => void = () => undefined;
  let last = '';
  let isSeen: () => void = () => undefined;
  return {
    size,
    press: (input) => press(input),
    screen: {
      size,
      draw: async (lines) => {
        expect(lines).toHaveLength(size.height);
        last = lines.join('\n');
        isSeen();
      },
      listen: (listener) => {
        press = listener;
      },
      [Symbol.asyncDispose]: async () => undefined,
    },
    drawn: async (text) => {
      while (!last.includes(text)) await new Promise<void>((resolve) => (isSeen = resolve));
    },
  };
}

describe('watching', () => {
  /** A backend whose only job is called as it is told. */
  function watched(options: { readonly intervalMs?: number; readonly error?: HodeiError } = {}) {
    const { screen, ...rest } = fakeScreen();
    const state: { name: string; error: HodeiError | undefined; changed: () => void; looks: number } = {
      name: 'first',
      error: options.error,
      changed: () => undefined,
      looks: 0,
    };
    const nothing = (): Promise<readonly []> => Promise.resolve([]);
    const backend = {
      listJobs: async ({ states }: { readonly states: readonly JobState[] }) => {
        if (!states.includes('running')) return { items: [] };
        state.looks += 1;
        if (state.error !== undefined) throw state.error;
        return { items: [job(1, 'running', state.name)] };
      },
      listWorkers: async () => ({ items: [] }),
      listPools: nothing,
      listQueues: nothing,
      providerLoads: nothing,
      async *changes(signal: AbortSignal) {
        while (!signal.aborted) {
          yield await new Promise<void>((resolve) => {
            state.changed = resolve;
            signal.addEventListener('abort', () => resolve(), { once: true });
          });
        }
      },
    } as unknown as Backend;
    const over = new AbortController();
    const watching = watchOverview(look, backend, screen, {
      intervalMs: options.intervalMs ?? 60_000,
      signal: over.signal,
    });
    return { ...rest, state, over, watching };
  }

  test('shows a change as soon as it is told, and ends with q', async () => {
    const { state, drawn, press, watching } = watched();
    await drawn('first');
    state.name = 'second';
    state.changed();
    await drawn('second');
    press({ key: 'q' });
    await watching;
  });

  test('looks again where nothing is told, and ends with its signal', async () => {
    const { state, drawn, over, watching } = watched({ intervalMs: 250 });
    await drawn('first');
    state.name = 'second';
    await drawn('second');
    over.abort();
    await watching;
  });

  test('does not look while it is frozen, and draws anew for another size', async () => {
    const { state, drawn, press, size, watching } = watched({ intervalMs: 250 });
    await drawn('space freezes');
    press({ key: 'space' });
    await drawn('frozen');
    const { looks } = state;
    size.height = 5;
    state.changed();
    press('resize');
    press({ key: 'space' });
    await drawn('space freezes');
    expect(state.looks).toBe(looks + 1);
    press({ key: 'ctrl-c' });
    await watching;
  });

  test('says what is wrong and goes on, where it may pass', async () => {
    const { state, drawn, press, watching } = watched({ intervalMs: 250 });
    await drawn('first');
    state.error = new HodeiError('unavailable', 'the server is away');
    await drawn('the server is away');
    state.error = undefined;
    state.name = 'again';
    await drawn('again');
    press({ key: 'escape' });
    await watching;
  });

  test('fails where the first look does', async () => {
    const { watching } = watched({ error: new HodeiError('unavailable', 'the server is away') });
    await expect(watching).rejects.toMatchObject({ code: 'unavailable' });
  });
});
