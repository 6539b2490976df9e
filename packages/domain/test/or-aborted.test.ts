import { expect, it, vi } from 'vitest';

import { orAborted } from '../src/index.ts';

const never = new Promise<never>(() => undefined);

it('is what the promise comes to, with or without a signal', async () => {
  const { signal } = new AbortController();
  expect(await orAborted(Promise.resolve(1), undefined)).toBe(1);
  expect(await orAborted(Promise.resolve(2), signal)).toBe(2);
  await expect(orAborted(Promise.reject(new Error('no')), signal)).rejects.toThrow('no');
});

it('rejects with the reason of the signal as soon as that aborts, and tells of it in the same moment', async () => {
  const given = new AbortController();
  const told = vi.fn<() => void>();
  const waiting = orAborted(never, given.signal, told);
  expect(told).not.toHaveBeenCalled();
  given.abort('enough');
  expect(told).toHaveBeenCalledOnce();
  await expect(waiting).rejects.toBe('enough');
});

it('rejects where the signal is aborted already, whatever has become of the promise, and leaves no rejection behind', async () => {
  const signal = AbortSignal.abort('before');
  await expect(orAborted(Promise.resolve(1), signal)).rejects.toBe('before');
  await expect(orAborted(Promise.reject(new Error('nobody’s')), signal)).rejects.toBe('before');
});

it('does not listen any more once the promise has settled', async () => {
  const given = new AbortController();
  const told = vi.fn<() => void>();
  await orAborted(Promise.resolve(), given.signal, told);
  given.abort();
  expect(told).not.toHaveBeenCalled();
});
