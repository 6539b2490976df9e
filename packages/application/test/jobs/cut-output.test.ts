import type { RunningJob } from '@hodei/domain';
import { expect, it } from 'vitest';

import { startControlPlane } from '../support/control-plane.ts';

it('a job that ended while its engine was away may have written more than is there: both streams say so', async () => {
  await using plane = await startControlPlane();
  const { provider } = plane;
  const launch = provider.launch.bind(provider);
  provider.launch = async (...args): Promise<RunningJob> => {
    const running = await launch(...args);
    return {
      output: running.output,
      detach: () => running.detach(),
      waitForExit: async (options) => ({ ...(await running.waitForExit(options)), outputMayBeCut: true }),
    };
  };
  const job = await plane.run({ command: ['print', 'stderr', 'oops', '7'] });
  expect(job).toMatchObject({ state: 'failed', outcome: { cause: 'exited', evidence: { exitCode: 7 } } });
  const gaps = await plane.context.repositories.logs.listGaps(job.id);
  expect(gaps.map(({ stream, offset, gap }) => ({ stream, offset, gap }))).toEqual([
    { stream: 'stdout', offset: 0, gap: { reason: 'log_lost' } },
    { stream: 'stderr', offset: 4, gap: { reason: 'log_lost' } },
  ]);
});
