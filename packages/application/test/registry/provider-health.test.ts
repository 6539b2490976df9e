import { HodeiError, type ErrorCode, type ProviderId } from '@hodei/domain';
import { beforeEach, describe, expect, it } from 'vitest';

import { watchProviders } from '../../src/index.ts';
import { ANY_DEMAND, RegistryHarness, type TestProcess } from './registry-harness.ts';

let harness: RegistryHarness;
let one: TestProcess;
let id: ProviderId;

beforeEach(async () => {
  harness = new RegistryHarness();
  one = harness.start({ failuresToOpen: 2, firstBackoffMs: 1000 });
  ({ id } = await one.registry.register({ name: 'memory', type: 'in-memory' }));
});

const select = () => one.registry.select({ demand: ANY_DEMAND, strategy: 'least_loaded' });
const breaker = async (): Promise<string> => (await one.registry.get(id)).breaker;
const fail = (code: ErrorCode, times = 1): void => {
  for (let i = 0; i < times; i += 1) one.registry.reportFailure(id, new HodeiError(code, 'so'));
};

describe('the health of a provider', () => {
  it('is looked at on demand, and each change is told once', async () => {
    await one.registry.checkHealth();
    harness.engine('memory').goDown();
    const found = await one.registry.checkHealth();
    expect(found.get(id)?.status).toBe('unhealthy');
    await one.registry.checkHealth();
    harness.engine('memory').comeUp();
    await one.registry.checkHealth();
    await one.registry.checkHealth();
    expect(harness.kinds()).toEqual(['provider.registered', 'provider.unhealthy', 'provider.healthy']);
  });

  it('is unknown where the engine hangs, and the check comes back all the same', async () => {
    one.built[0]?.faults.add({ call: 'checkHealth', kind: 'hang' });
    const found = await harness.clock.runUntilSettled(one.registry.checkHealth(id));
    expect(found.get(id)).toMatchObject({ status: 'unknown', reasons: ['no answer within 5000 ms'] });
    expect(harness.kinds().at(-1)).toBe('provider.unreachable');
  });

  it('keeps a sick provider from new work', async () => {
    harness.engine('memory').goDown();
    await one.registry.checkHealth();
    await expect(select()).rejects.toMatchObject({ code: 'provider_unavailable' });
    harness.engine('memory').comeUp();
    await one.registry.checkHealth();
    expect((await select()).config.id).toBe(id);
  });

  it('is told later where the history could not be written', async () => {
    harness.engine('memory').goDown();
    one.databaseFaults.add({
      call: 'history.append',
      kind: 'fail',
      error: new HodeiError('database_unavailable', 'away'),
    });
    await expect(one.registry.checkHealth()).rejects.toMatchObject({ code: 'database_unavailable' });
    await one.registry.checkHealth();
    expect(harness.kinds()).toEqual(['provider.registered', 'provider.unhealthy']);
  });

  it('is tried again by and by where the provider could not be connected', async () => {
    const back = harness.engineAway('late');
    const late = await one.registry.register({ name: 'late', type: 'in-memory' });
    await one.registry.checkHealth();
    back();
    await one.registry.checkHealth();
    expect(() => one.registry.provider(late.id)).toThrow('not connected');
    await harness.clock.advance(1000);
    await one.registry.checkHealth();
    expect(one.registry.provider(late.id).id).toBe(late.id);
  });
});

describe('the breaker of a provider', () => {
  it.each<ErrorCode>([
    'image_not_found',
    'command_not_found',
    'start_failed',
    'limit_exceeded',
    'database_unavailable',
    'conflict',
  ])('is not opened by %s', async (code) => {
    fail(code, 20);
    expect(await breaker()).toBe('closed');
  });

  it.each<ErrorCode>(['provider_unavailable', 'provider_timeout', 'authentication_failed'])(
    'is opened by %s',
    async (code) => {
      fail(code, 2);
      expect(await breaker()).toBe('open');
      await expect(select()).rejects.toThrow(/memory: failed repeatedly, not tried before 2026-01-01T00:00:01.000Z/);
      await expect(select()).rejects.toMatchObject({
        code: 'provider_unavailable',
        details: { retryAt: harness.clock.now() + 1000 },
      });
    },
  );

  it('lets one canary through after its backoff, and closes when it succeeds', async () => {
    fail('provider_timeout', 2);
    await harness.clock.advance(1000);
    expect(await breaker()).toBe('half_open');
    await select();
    await expect(select()).rejects.toThrow('memory: failed repeatedly, one job tries it now');
    one.registry.reportSuccess(id);
    expect(await breaker()).toBe('closed');
    await select();
  });

  it('opens for longer when the canary fails', async () => {
    fail('provider_timeout', 2);
    await harness.clock.advance(1000);
    await select();
    fail('provider_timeout');
    await harness.clock.advance(1999);
    expect(await breaker()).toBe('open');
    await harness.clock.advance(1);
    expect(await breaker()).toBe('half_open');
  });

  it('closes when the canary fails by a fault of its own: the engine works', async () => {
    fail('provider_timeout', 2);
    await harness.clock.advance(1000);
    await select();
    fail('image_not_found');
    expect(await breaker()).toBe('closed');
  });

  it('takes another canary where the first was given up without a verdict', async () => {
    fail('provider_timeout', 2);
    await harness.clock.advance(1000);
    await select();
    fail('conflict');
    expect(await breaker()).toBe('half_open');
    await select();
  });

  it('is fed by health checks', async () => {
    harness.engine('memory').goDown();
    await one.registry.checkHealth();
    await one.registry.checkHealth();
    expect(await breaker()).toBe('open');
    harness.engine('memory').comeUp();
    await one.registry.checkHealth();
    expect(await breaker()).toBe('half_open');
  });
});

describe('watching providers', () => {
  it('takes over what others registered and what became of engines, and outlives a store that is away', async () => {
    const two = harness.start();
    const over = new AbortController();
    const context = {
      registry: two.registry,
      clock: harness.clock,
      diagnostics: {
        info: () => undefined,
        warn: (message: string) => void two.reported.push(message),
        error: () => undefined,
      },
    };
    two.databaseFaults.add({
      call: 'providers.list',
      kind: 'fail',
      error: new HodeiError('database_unavailable', 'away'),
    });
    const watching = watchProviders(context, over.signal);
    await harness.clock.settle();
    expect(two.reported).toEqual(['providers could not be looked at; trying again']);
    await harness.clock.advance(5000);
    expect(two.registry.provider(id).id).toBe(id);
    harness.engine('memory').goDown();
    await harness.clock.advance(5000);
    expect((await two.registry.get(id)).health.status).toBe('unhealthy');
    over.abort();
    await watching;
    expect(harness.clock.pendingSleeps).toBe(0);
  });
});
