import { submitJob, submitJobs, waitForJob, type Diagnostics } from '@hodei/application';

import { inParallel } from '../measure/timed.ts';
import { openMemoryPlane } from '../world/memory-plane.ts';
import { BATCH, CALLERS, type QueueSide, type Role } from './queue-side.ts';

const NOOP = { command: ['true'] } as const;

/** Hodei on a provider whose workers cost nothing. */
export async function openOwn(
  connectionString: string,
  diagnostics: Diagnostics,
  role: Role = 'both',
): Promise<QueueSide> {
  const plane = await openMemoryPlane(connectionString, diagnostics, { dispatch: role !== 'submit' });
  const { context, runner } = plane;
  return {
    oneByOne: async (count) => {
      for (let done = 0; done < count; done += 1) {
        const { id } = await submitJob(context, NOOP, { runner });
        await waitForJob(context, id);
      }
      await runner.idle();
    },
    submitSingly: (count) => inParallel(count, CALLERS, () => submitJob(context, NOOP, { runner })),
    submitInBatches: async (count) => {
      for (let sent = 0; sent < count; sent += BATCH)
        await submitJobs(
          context,
          Array.from({ length: Math.min(BATCH, count - sent) }, () => ({ input: NOOP })),
          { runner },
        );
    },
    isDrained: `SELECT (SELECT id FROM jobs WHERE finished_at IS NULL ORDER BY created_at DESC, id DESC LIMIT 1) IS NULL
      AND (SELECT provider_id FROM workers WHERE NOT is_over ORDER BY provider_id, epoch LIMIT 1) IS NULL AS drained`,
    [Symbol.asyncDispose]: () => plane[Symbol.asyncDispose](),
  };
}
