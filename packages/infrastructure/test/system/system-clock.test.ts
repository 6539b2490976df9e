import { getEventListeners } from 'node:events';

import { afterEach, describe, expect, it, vi } from 'vitest';

import { SystemClock } from '../../src/system/index.ts';

const clock = new SystemClock();

afterEach(() => {
  vi.useRealTimers();
});

describe('SystemClock', () => {
  it('tells the time of the machine', () => {
    const before = Date.now();
    const now = clock.now();
    expect(now).toBeGreaterThanOrEqual(before);
    expect(now).toBeLessThanOrEqual(Date.now());
  });

  it('never wakes early', async () => {
    for (const durationMs of [1, 2, 3.5, 7]) {
      const start = performance.now();
      await clock.sleep(durationMs);
      expect(performance.now() - start).toBeGreaterThanOrEqual(durationMs);
    }
  });

  it.each([0, -5, Number.NaN])('resolves on a later turn for a duration of %d', async (durationMs) => {
    let awake = false;
    const sleeping = clock.sleep(durationMs).then(() => (awake = true));
    await Promise.resolve();
    expect(awake).toBe(false);
    await sleeping;
  });

  it('rejects with the reason as soon as the signal aborts', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const sleeping = clock.sleep(3_600_000, controller.signal);
    controller.abort(reason);
    await expect(sleeping).rejects.toBe(reason);
  });

  it('rejects at once where the signal has aborted before', async () => {
    const reason = new Error('too late');
    await expect(clock.sleep(3_600_000, AbortSignal.abort(reason))).rejects.toBe(reason);
  });

  it('leaves no listener on the signal, however it ends', async () => {
    const controller = new AbortController();
    await clock.sleep(1, controller.signal);
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);

    const sleeping = clock.sleep(3_600_000, controller.signal);
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(1);
    controller.abort(new Error('enough'));
    await expect(sleeping).rejects.toThrow('enough');
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  });

  it('leaves no timer behind when it is aborted', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    const controller = new AbortController();
    const sleeping = clock.sleep(3_600_000, controller.signal);
    expect(vi.getTimerCount()).toBe(1);
    controller.abort(new Error('enough'));
    await expect(sleeping).rejects.toThrow('enough');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('sleeps longer than one timer can', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    const durationMs = 3 * 2 ** 31;
    let awake = false;
    const sleeping = clock.sleep(durationMs).then(() => (awake = true));
    await vi.advanceTimersByTimeAsync(durationMs - 1);
    expect(awake).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    await sleeping;
  });

  it('sleeps for ever where it is told so, until it is aborted', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    const controller = new AbortController();
    const sleeping = clock.sleep(Number.POSITIVE_INFINITY, controller.signal);
    await vi.advanceTimersByTimeAsync(2 ** 33);
    controller.abort(new Error('enough'));
    await expect(sleeping).rejects.toThrow('enough');
  });
});
