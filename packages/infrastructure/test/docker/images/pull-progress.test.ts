import { describe, expect, test } from 'vitest';

import { PullProgress, readPullLine } from '../../../src/docker/images/pull-progress.ts';

const line = (id: string, status: string, current?: number, total?: number): ReturnType<typeof readPullLine> =>
  readPullLine({
    id,
    status,
    progressDetail: { ...(current === undefined ? {} : { current }), ...(total === undefined ? {} : { total }) },
  });

describe('the progress of a pull', () => {
  test('is added up over the layers', () => {
    const progress = new PullProgress();
    progress.take(line('a', 'Downloading', 1_000_000, 2_000_000));
    progress.take(line('b', 'Downloading', 500_000, 8_000_000));
    expect(progress.detail).toBe('1.5 of 10.0 MB');
    progress.take(line('a', 'Download complete'));
    expect(progress.detail).toBe('2.5 of 10.0 MB');
  });

  test('is empty while no size is known', () => {
    const progress = new PullProgress();
    expect(progress.take(line('a', 'Pulling fs layer'))).toBe(true);
    expect(progress.detail).toBe('');
  });

  test('is not made by waiting, retrying, or bytes that were there before', () => {
    const progress = new PullProgress();
    expect(progress.take(line('a', 'Downloading', 100, 200))).toBe(true);
    expect(progress.take(line('a', 'Retrying in 5 seconds'))).toBe(false);
    expect(progress.take(line('a', 'Downloading', 50, 200))).toBe(false);
    expect(progress.take(line('a', 'Downloading', 100, 200))).toBe(false);
    expect(progress.take(line('a', 'Downloading', 101, 200))).toBe(true);
    expect(progress.take(line('a', 'Waiting'))).toBe(true);
    expect(progress.take(line('a', 'Waiting'))).toBe(false);
  });

  test.each([[null], ['text'], [{ progressDetail: null }], [{ aux: { ID: 'x' } }]])(
    'is not disturbed by %j',
    (value) => {
      expect(new PullProgress().take(readPullLine(value))).toBe(false);
    },
  );
});
