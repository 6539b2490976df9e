import { describe, expect, test } from 'vitest';

import { recallEngine } from '../../../src/docker/engine/recall-engine.ts';
import { startFakeEngine, type FakeEngine } from '../support/fake-engine.ts';

const NOW = Date.parse('2026-01-01T00:01:00Z');

/** An engine that remembers these events, at the moment `NOW`. */
const engineWith = (events: readonly (readonly [action: string, id: string])[]): Promise<FakeEngine> =>
  startFakeEngine((request, response) => {
    response.setHeader('content-type', 'application/json');
    if (request.url?.includes('/events') !== true) {
      response.end(JSON.stringify({ SystemTime: new Date(NOW).toISOString(), LiveRestoreEnabled: true }));
      return;
    }
    const lines = events.map(([Action, ID]) =>
      JSON.stringify({ Action, timeNano: NOW * 1e6, Actor: { ID, Attributes: {} } }),
    );
    response.end(lines.join('\n'));
  });

describe('the lives of an engine', () => {
  test('began after a container whose start is not among all that it remembers', async () => {
    await using fake = await engineWith([
      ['start', 'young'],
      ['die', 'old'],
    ]);
    const { engine } = fake;
    await engine.lives.look(() => recallEngine(engine));
    expect(engine.lives.find('old', NOW - 30_000)).toMatchObject({ at: NOW, liveRestore: true });
    expect(engine.lives.find('old', NOW - 30_000)?.ends.has('old')).toBe(true);
    expect(engine.lives.find('young', NOW - 30_000)).toBeUndefined();
  });

  test('can be told of a container that has just started only a little later', async () => {
    await using fake = await engineWith([]);
    const { engine } = fake;
    expect(engine.lives.tooEarlyMs(NOW)).toBe(0);
    await engine.lives.look(() => recallEngine(engine));
    expect(engine.lives.tooEarlyMs(NOW - 400)).toBe(601);
    expect(engine.lives.tooEarlyMs(NOW - 30_000)).toBe(0);
    // It was looked at before that started, and has forgotten too much since.
    expect(engine.lives.tooEarlyMs(NOW + 30_000)).toBe(0);
  });

  test('are not known where it may have forgotten some', async () => {
    await using fake = await engineWith(Array.from({ length: 256 }, () => ['start', 'another'] as const));
    await fake.engine.lives.look(() => recallEngine(fake.engine));
    expect(fake.engine.lives.find('old', NOW - 30_000)).toBeUndefined();
  });

  test('say nothing of a container that was only just started', async () => {
    await using fake = await engineWith([]);
    await fake.engine.lives.look(() => recallEngine(fake.engine));
    expect(fake.engine.lives.find('just now', NOW - 50)).toBeUndefined();
  });
});
