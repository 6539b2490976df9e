import { describe, expect, test } from 'vitest';

import { checkHealth } from '../../../src/docker/engine/check-health.ts';
import { DEFAULT_DOCKER_CONFIG } from '../../../src/docker/config/docker-config.ts';
import { answerWell, engineAt, startFakeEngine } from '../support/fake-engine.ts';

const BOUNDS = { ...DEFAULT_DOCKER_CONFIG.health, timeoutMs: 2_000 };

describe('the health of an engine', () => {
  test('is healthy where it answers well', async () => {
    await using fake = await startFakeEngine(answerWell);
    expect(await checkHealth(fake.engine, BOUNDS, {}, () => 42)).toEqual({
      status: 'healthy',
      reasons: [],
      checkedAt: 42,
      latencyMs: expect.any(Number),
      engine: expect.stringMatching(/^Docker Engine \S* ?at unix:/),
    });
  });

  test('is unknown where there is no daemon', async () => {
    const health = await checkHealth(await engineAt('/nonexistent/docker.sock'), BOUNDS);
    expect(health).toEqual({
      status: 'unknown',
      reasons: [expect.stringContaining('/nonexistent/docker.sock')],
      checkedAt: expect.any(Number),
    });
  });

  test('is unknown where the daemon hangs', async () => {
    await using fake = await startFakeEngine(() => {});
    const health = await checkHealth(fake.engine, { ...BOUNDS, timeoutMs: 100 });
    expect(health).toMatchObject({ status: 'unknown', reasons: [expect.stringContaining('within 100 ms')] });
  });

  test('is unhealthy where it answers with an error', async () => {
    await using fake = await startFakeEngine((_, response) =>
      response.writeHead(500).end('{"message":"the database is damaged"}'),
    );
    expect(await checkHealth(fake.engine, BOUNDS)).toMatchObject({
      status: 'unhealthy',
      reasons: [expect.stringContaining('the database is damaged')],
    });
  });

  test('is degraded where it is slow', async () => {
    await using fake = await startFakeEngine(
      (request, response) => void setTimeout(() => answerWell(request, response), 60),
    );
    expect(await checkHealth(fake.engine, { ...BOUNDS, slowAfterMs: 20 })).toMatchObject({
      status: 'degraded',
      reasons: [expect.stringMatching(/took \d+ ms/)],
    });
  });

  test('rejects only with the reason of the caller who gave up', async () => {
    await using fake = await startFakeEngine(() => {});
    await expect(checkHealth(fake.engine, BOUNDS, { signal: AbortSignal.abort(new Error('gave up')) })).rejects.toThrow(
      'gave up',
    );
  });
});
