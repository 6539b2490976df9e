import type { JobInput } from '@hodei/domain';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { describeJob, submitJob } from '../../src/index.ts';
import { startControlPlane, type TestControlPlane } from '../support/control-plane.ts';

const GIB = 1024 ** 3;
const SIZE = 8;
/** So many small jobs wait at any time. */
const BACKLOG = 6;

/** A provider with so many GiB, and a flood of small jobs that never ends: what becomes free is taken at once. */
async function flood(smallMs: number, smallGib: number, run: (plane: TestControlPlane) => Promise<void>) {
  const totalResources = { cpu: 64, memoryBytes: SIZE * GIB };
  await using plane = await startControlPlane({ engine: { startMs: 100 }, capabilities: { totalResources } });
  const { context, clock } = plane;
  let isOver = false;
  let made = 0;
  // They end at different times, so that never much is free at once.
  const small = (): JobInput => ({
    command: ['sleep', String(Math.round(smallMs * (1 - ((made += 1) % 7) / 8)))],
    resources: { memoryBytes: smallGib * GIB },
  });
  const flooding = (async () => {
    while (!isOver) {
      const { pending } = await context.repositories.jobs.countByState();
      for (let i = pending; i < BACKLOG; i += 1) await submitJob(context, small());
      await clock.sleep(smallMs / 4);
    }
  })();
  await clock.advance(2000);
  await run(plane);
  isOver = true;
  await plane.until(flooding);
  const { items } = await context.repositories.jobs.list({ limit: 1000 });
  for (const { id } of items) await context.repositories.jobs.requestCancel({ jobId: id, by: 'me', at: clock.now() });
}

describe('a job that needs much of a provider', () => {
  it('gets it although small ones come without end, and says where room is kept for it', async () => {
    await flood(1500, 1, async (plane) => {
      const { context, clock } = plane;
      const { id } = await submitJob(context, { command: ['true'], resources: { memoryBytes: 6 * GIB } });
      const seen = new Set<string>();
      for (let i = 0; i < 150; i += 1) {
        await clock.advance(100);
        seen.add((await describeJob(context, id)).waitingFor ?? '');
      }
      expect([...seen].join('\n')).toMatch(/room on a provider \(.*\); memory keeps what becomes free for it until 20/);
      expect((await context.repositories.jobs.get(id)).state).toBe('succeeded');
    });
  });

  it('never starves, whatever it needs and however long the small ones run', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          smallMs: fc.integer({ min: 1500, max: 6000 }),
          smallGib: fc.constantFrom(1, 2, 3),
          big: fc.array(fc.integer({ min: 4, max: SIZE }), { minLength: 1, maxLength: 3 }),
        }),
        async ({ smallMs, smallGib, big }) => {
          await flood(smallMs, smallGib, async ({ context, clock }) => {
            const command = ['sleep', '500'];
            const jobs = await Promise.all(
              big.map((gib) => submitJob(context, { command, resources: { memoryBytes: gib * GIB } })),
            );
            // Those that came before have their turn, each round with a second's wait; what runs then ends, and each big
            // one runs: all that within one of the times in which room is set aside, each as long as all before it.
            const rounds = Math.ceil((BACKLOG + SIZE) / Math.floor(SIZE / smallGib));
            const neededMs = rounds * (smallMs + 1600) + big.length * (smallMs + 4000);
            const deadline = clock.now() + 5000 + 4 * Math.max(60_000, neededMs);
            const haveEnded = async (): Promise<boolean> => {
              const all = await Promise.all(jobs.map(({ id }) => context.repositories.jobs.get(id)));
              return all.every(({ state }) => state === 'succeeded');
            };
            while (clock.now() < deadline && !(await haveEnded())) await clock.advance(2000);
            expect(await haveEnded()).toBe(true);
          });
        },
      ),
      { numRuns: 12 },
    );
  });
});
