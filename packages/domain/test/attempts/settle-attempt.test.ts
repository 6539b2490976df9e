import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  canTransitionJob,
  FREE_RETRY_BACKOFF_MS,
  isCounted,
  isSuccess,
  isTerminalJobState,
  MAX_FREE_RETRIES,
  NO_OUTPUT,
  parseAttemptId,
  parseJobId,
  parseProviderId,
  parseWorkerId,
  settleAttempt,
  withJitter,
  TERMINATION_CAUSES,
  type Attempt,
  type Job,
  type Outcome,
  type RetryPolicy,
  type TerminationCause,
} from '../../src/index.ts';

const ID = '01890a5d-ac96-774b-bcce-b302099a8057';
const NOW = 1_000_000;
const CAUSES = Object.keys(TERMINATION_CAUSES) as readonly TerminationCause[];

const jobWith = (retry: RetryPolicy, cancelled = false): Job => ({
  id: parseJobId(ID),
  spec: {
    image: 'busybox',
    env: {},
    secretNames: [],
    queue: 'default',
    resources: {},
    network: 'none',
    requirements: {},
    retry,
    priority: 0,
    labels: {},
  },
  state: 'running',
  createdAt: 0,
  stateChangedAt: 0,
  notBefore: 0,
  ...(cancelled ? { cancelRequest: { at: 0, by: 'someone' } } : {}),
});

const attemptWith = (outcome: Outcome, number: number): Attempt => ({
  id: parseAttemptId(ID),
  jobId: parseJobId(ID),
  workerId: parseWorkerId(ID),
  providerId: parseProviderId(ID),
  number,
  epoch: 1,
  nonce: '0'.repeat(32),
  phases: {},
  acknowledged: NO_OUTPUT,
  warnings: [],
  outcome,
});

const anyOutcome: fc.Arbitrary<Outcome> = fc
  .tuple(fc.constantFrom(...CAUSES), fc.nat(255))
  .map(([cause, exitCode]) => ({ cause, evidence: { exitCode } }));
const anyRetry = fc.record({ maxAttempts: fc.integer({ min: 1, max: 20 }), backoffMs: fc.nat(10_000) });
const attempts = (outcomes: readonly Outcome[]): readonly Attempt[] =>
  outcomes.map((outcome, index) => attemptWith(outcome, index + 1));
const FAILED: Outcome = { cause: 'exited', evidence: { exitCode: 1 } };
const LOST: Outcome = { cause: 'worker_lost', evidence: {} };

describe('settleAttempt', () => {
  test.each<[TerminationCause, number, number]>([
    ['worker_lost', 500, 10],
    ['never_launched', 500, 10],
    // An engine that is away takes longer to come back.
    ['provider_unavailable', 2000, 10],
    // A registry that is away for longer, or a name that is misspelt, is a matter for a person.
    ['image_pull_failed', 500, 3],
    ['image_pull_timeout', 500, 3],
  ])('is tried again by its cause: %s first after %i ms, %i times', (cause, firstMs, most) => {
    const outcome: Outcome = { cause, evidence: {} };
    const job = jobWith({ maxAttempts: 1, backoffMs: 0 });
    const after = (times: number) =>
      settleAttempt(job, attempts(Array.from({ length: times }, () => outcome)), outcome, NOW);
    expect(after(0)).toEqual({ state: 'pending', notBefore: NOW + firstMs });
    expect(after(most - 1)).toMatchObject({ state: 'pending' });
    expect(after(most)).toEqual({ state: 'failed' });
  });

  test('is a step that the table of a running job has', () => {
    fc.assert(
      fc.property(
        anyRetry,
        fc.array(anyOutcome, { maxLength: 30 }),
        anyOutcome,
        fc.boolean(),
        (retry, before, outcome, cancelled) => {
          const { state } = settleAttempt(jobWith(retry, cancelled), attempts(before), outcome, NOW);
          expect(canTransitionJob('running', state)).toBe(true);
          expect(state === 'succeeded').toBe(isSuccess(outcome));
          if (cancelled) expect(isTerminalJobState(state)).toBe(true);
        },
      ),
    );
  });

  test('gives a job no more attempts than it may have, whatever happens to it', () => {
    fc.assert(
      fc.property(anyRetry, fc.infiniteStream(anyOutcome), (retry, outcomes) => {
        const job = jobWith(retry);
        const ended: Outcome[] = [];
        for (const outcome of outcomes) {
          const settlement = settleAttempt(job, attempts(ended), outcome, NOW);
          ended.push(outcome);
          if (settlement.state !== 'pending') break;
          expect(settlement.notBefore).toBeGreaterThanOrEqual(NOW);
        }
        const counted = ended.filter(isCounted).length;
        expect(counted).toBeLessThanOrEqual(retry.maxAttempts);
        expect(ended.length - counted).toBeLessThanOrEqual(MAX_FREE_RETRIES + 1);
      }),
    );
  });

  test.for(CAUSES)('ends a job for %s as the table says, when no retry is left', (cause) => {
    const { endsAs } = TERMINATION_CAUSES[cause];
    const outcome: Outcome = { cause, evidence: { exitCode: 1 } };
    const before = Array.from({ length: MAX_FREE_RETRIES }, () => LOST);
    expect(settleAttempt(jobWith({ maxAttempts: 1, backoffMs: 0 }), attempts(before), outcome, NOW)).toEqual({
      state: endsAs,
    });
  });

  test('does not count what was not the fault of the job', () => {
    const job = jobWith({ maxAttempts: 2, backoffMs: 1000 });
    expect(settleAttempt(job, attempts([LOST, LOST, LOST]), FAILED, NOW)).toEqual({
      state: 'pending',
      notBefore: NOW + 1000,
    });
    expect(settleAttempt(job, attempts([LOST, FAILED, LOST]), FAILED, NOW)).toEqual({ state: 'failed' });
    expect(settleAttempt(job, attempts([FAILED]), LOST, NOW)).toEqual({
      state: 'pending',
      notBefore: NOW + FREE_RETRY_BACKOFF_MS,
    });
  });

  test('waits twice as long before each retry, up to 60 times as long', () => {
    const job = jobWith({ maxAttempts: 100, backoffMs: 10 });
    const waits = [0, 1, 2, 3, 5, 6, 20].map((times) => {
      const settlement = settleAttempt(job, attempts(Array.from({ length: times }, () => FAILED)), FAILED, NOW);
      return settlement.state === 'pending' ? settlement.notBefore - NOW : undefined;
    });
    expect(waits).toEqual([10, 20, 40, 80, 320, 600, 600]);
  });

  test('takes a success for one, also where a cancellation came too late', () => {
    const success: Outcome = { cause: 'exited', evidence: { exitCode: 0 } };
    expect(settleAttempt(jobWith({ maxAttempts: 1, backoffMs: 0 }, true), [], success, NOW)).toEqual({
      state: 'succeeded',
    });
  });

  test('takes exit code 0 for a success only where the process ended by itself', () => {
    for (const cause of CAUSES) expect(isSuccess({ cause, evidence: { exitCode: 0 } })).toBe(cause === 'exited');
    expect(isSuccess({ cause: 'exited', evidence: {} })).toBe(false);
  });

  test('cancels a job whose end was asked for, whatever the cause and however many attempts are left', () => {
    for (const outcome of [FAILED, LOST]) {
      expect(settleAttempt(jobWith({ maxAttempts: 9, backoffMs: 0 }, true), [], outcome, NOW)).toEqual({
        state: 'cancelled',
      });
    }
  });

  test('waits longer by chance, never shorter and never by more than a half', () => {
    expect([0, 0.5, 0.999_999].map((fraction) => withJitter(1000, fraction))).toEqual([1000, 1250, 1500]);
  });
});
