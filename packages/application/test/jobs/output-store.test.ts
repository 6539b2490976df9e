import { parseAttemptId, parseJobId, parseWorkerId, type OutputChunk } from '@hodei/domain';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { OutputStore } from '../../src/attempts/store-output.ts';
import { startControlPlane } from '../support/control-plane.ts';

const SECRETS = ['s3cret', 'cretin'];
const MASKED = (text: string): string =>
  text.replaceAll('s3cretin', '********').replaceAll('s3cret', '******').replaceAll('cretin', '******');

describe('stored output', () => {
  it('is the same, masked, however it is cut and wherever it is interrupted', async () => {
    const pieces = fc
      .array(fc.constantFrom('s3cret', 's3cretin', 's3', 'cre', 'tin', 'x', '\n'), { maxLength: 12 })
      .map((all) => all.join(''));
    await fc.assert(
      fc.asyncProperty(
        pieces,
        fc.array(fc.nat(8)),
        fc.array(fc.nat(60), { maxLength: 4 }),
        async (text, cuts, breaks) => {
          const stored = await store(text, cuts, breaks);
          expect(stored).toBe(MASKED(text));
        },
      ),
      { numRuns: 150 },
    );
  });
});

/** Stores the text, cut into chunks of these lengths and broken off after so many bytes, then resumed. */
async function store(text: string, cuts: readonly number[], breaks: readonly number[]): Promise<string> {
  await using plane = await startControlPlane();
  const { repositories, instance, ids, clock } = plane.context;
  const { epoch } = instance;
  const job = await repositories.jobs.insert({
    id: parseJobId(ids.uuid()),
    at: clock.now(),
    claimFor: epoch,
    spec: {
      image: 'i',
      env: {},
      secretNames: [],
      resources: {},
      network: 'none',
      requirements: {},
      retry: { maxAttempts: 1, backoffMs: 0 },
      priority: 0,
      labels: {},
    },
  });
  const attempt = await repositories.attempts.begin({
    attemptId: parseAttemptId(ids.uuid()),
    jobId: job.id,
    providerId: plane.provider.id,
    worker: { workerId: parseWorkerId(ids.uuid()), image: 'i', resources: {}, expiresAt: 0 },
    nonce: ids.nonce(),
    epoch,
    phases: {},
    at: clock.now(),
  });
  const output = new OutputStore(plane.context, attempt, { secrets: SECRETS, maxBytes: 2 ** 30 });
  const bytes = new TextEncoder().encode(text);
  for (const breakAfter of breaks) {
    await output
      .store(chunksOf(bytes, (await output.resume()).from.stdout, cuts, breakAfter))
      .catch((error: unknown) => {
        if (error !== BROKEN) throw error;
      });
  }
  await output.store(chunksOf(bytes, (await output.resume()).from.stdout, cuts, Number.POSITIVE_INFINITY));
  const stored = await plane.output(job.id);
  await repositories.attempts.finish({
    attemptId: attempt.id,
    epoch,
    outcome: { cause: 'worker_lost', evidence: {} },
    settlement: { state: 'failed' },
    phases: {},
    at: clock.now(),
  });
  return stored;
}

const BROKEN = new Error('broken off');

async function* chunksOf(
  bytes: Uint8Array,
  from: number,
  cuts: readonly number[],
  breakAfter: number,
): AsyncGenerator<OutputChunk> {
  let offset = from;
  for (let index = 0; offset < bytes.length; index += 1) {
    const length = cuts.length === 0 ? 3 : (cuts[index % cuts.length] ?? 0) + 1;
    if (offset - from >= breakAfter) throw BROKEN;
    yield { stream: 'stdout', offset, bytes: bytes.slice(offset, offset + length), at: 0 };
    offset += length;
  }
  if (Number.isFinite(breakAfter)) throw BROKEN;
}
