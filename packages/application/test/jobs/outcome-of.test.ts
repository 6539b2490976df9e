import { describe, expect, it } from 'vitest';

import { outcomeOfExit } from '../../src/attempts/outcome-of.ts';

const exit = { exitCode: 143, signal: 'SIGTERM', oomKilled: false, exitedAt: 1 };

describe('the outcome of a job that has ended', () => {
  it("is not the job's doing where its engine went down and ended it", () => {
    expect(outcomeOfExit({ ...exit, endedByEngine: true }, undefined)).toMatchObject({
      cause: 'worker_lost',
      evidence: { exitCode: 143 },
    });
  });

  it('is the cancellation where it was to be cancelled, whoever was faster', () => {
    const stopped = { kind: 'cancelled', by: 'me' } as const;
    expect(outcomeOfExit({ ...exit, endedByEngine: true }, stopped)).toMatchObject({ cause: 'cancelled' });
  });

  it('says that output may be missing where its engine was away at its end', () => {
    const { cause, evidence } = outcomeOfExit(
      { exitCode: 0, oomKilled: false, exitedAt: 1, outputMayBeCut: true },
      undefined,
    );
    expect(cause).toBe('exited');
    expect(evidence.message).toMatch(/may be lost/);
  });
});
