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

  it('is its own exit where only a child of it was killed for memory', () => {
    const ended = { exitCode: 4, oomKilled: true, exitedAt: 1 };
    expect(outcomeOfExit(ended, undefined)).toEqual({ cause: 'exited', evidence: { exitCode: 4, oomKilled: true } });
    expect(outcomeOfExit({ ...ended, exitCode: 0 }, undefined)).toMatchObject({ cause: 'exited' });
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
