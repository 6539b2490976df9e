import type { Job } from '@hodei/domain';
import { describe, expect, it } from 'vitest';

import { endedBefore, outcomeOfExit } from '../../src/attempts/outcome-of.ts';

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

describe('why an earlier owner ended a job', () => {
  const job = { spec: { timeoutMs: 1000 } as Job['spec'] };
  const cancelled = { ...job, cancelRequest: { at: 5, by: 'me' } };
  const destroyed = { kind: 'destroy', at: 5, by: 'ops' } as const;
  const at = (exitedAt: number) => ({ ...exit, exitedAt });

  it('is what was asked for before it ended, and nothing that was asked for after that', () => {
    expect(endedBefore(cancelled, at(5), 1000)).toEqual({ kind: 'cancelled', by: 'me' });
    expect(endedBefore(cancelled, at(4), 1000)).toBeUndefined();
    expect(endedBefore(job, at(5), 1000, destroyed)).toEqual({ kind: 'destroyed', by: 'ops' });
    expect(endedBefore(job, at(4), 1000, destroyed)).toBeUndefined();
  });

  it('is its time limit where that came first', () => {
    expect(endedBefore(job, at(1000), 1000)).toEqual({ kind: 'timed_out', timeoutMs: 1000 });
    expect(endedBefore(cancelled, at(1000), 4)).toEqual({ kind: 'timed_out', timeoutMs: 1000 });
    expect(endedBefore(cancelled, at(1000), 6)).toEqual({ kind: 'cancelled', by: 'me' });
  });

  it('is nothing where it did what it should', () => {
    expect(endedBefore(cancelled, { exitCode: 0, oomKilled: false, exitedAt: 9 }, 1000, destroyed)).toBeUndefined();
  });
});
