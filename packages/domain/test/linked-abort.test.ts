import { expect, it, vi } from 'vitest';

import { LinkedAbort } from '../src/index.ts';

it('aborts with the first of its sources, for that one’s reason', () => {
  const [one, other] = [new AbortController(), new AbortController()];
  using linked = new LinkedAbort(one.signal, other.signal);
  expect(linked.signal.aborted).toBe(false);
  other.abort('the other');
  one.abort('the one');
  expect(linked.signal.reason).toBe('the other');
});

it('is aborted from the beginning where a source is', () => {
  using linked = new LinkedAbort(new AbortController().signal, AbortSignal.abort('before'));
  expect(linked.signal.reason).toBe('before');
});

it('aborts when it is told to, and its sources do not', () => {
  const source = new AbortController();
  using linked = new LinkedAbort(source.signal);
  linked.abort('enough');
  source.abort('late');
  expect(linked.signal.reason).toBe('enough');
  expect(source.signal.reason).toBe('late');
});

it('follows its sources no longer once it is disposed of', () => {
  const source = new AbortController();
  const linked = new LinkedAbort(source.signal);
  linked[Symbol.dispose]();
  source.abort('late');
  expect(linked.signal.aborted).toBe(false);
});

it('costs its source one listener, however many there are', () => {
  const source = new AbortController();
  const add = vi.spyOn(source.signal, 'addEventListener');
  const linked = Array.from({ length: 5 }, () => new LinkedAbort(source.signal));
  linked[0]?.[Symbol.dispose]();
  source.abort('all of them');
  expect(linked.map(({ signal }) => signal.reason)).toEqual([
    undefined,
    ...Array.from({ length: 4 }, () => 'all of them'),
  ]);
  expect(add).toHaveBeenCalledTimes(1);
});
