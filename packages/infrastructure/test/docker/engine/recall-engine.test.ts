import { expect, test } from 'vitest';

import { recallEngine } from '../../../src/docker/engine/recall-engine.ts';
import { startFakeEngine } from '../support/fake-engine.ts';

/** An engine that keeps 256 events, on which some happen with every question. */
async function busyEngine(past: number, withEachQuestion: number) {
  let now = 1_700_000_000_000;
  const events: { readonly at: number; readonly id: string }[] = [];
  const happen = (count: number): void => {
    for (let i = 0; i < count; i += 1) events.push({ at: (now += 10), id: `c${events.length}` });
    now += 10;
  };
  happen(past);
  return startFakeEngine((request, response) => {
    const url = new URL(request.url ?? '', 'http://engine');
    if (url.pathname.endsWith('/info')) {
      response
        .setHeader('content-type', 'application/json')
        .end(JSON.stringify({ OSType: 'linux', SystemTime: new Date(now).toISOString(), LiveRestoreEnabled: true }));
      happen(withEachQuestion);
      return;
    }
    const until = Number(url.searchParams.get('until')) * 1000;
    const kept = events.slice(-256).filter(({ at }) => at <= until);
    const lines = kept.map(({ at, id }) =>
      JSON.stringify({ Type: 'container', Action: 'start', timeNano: at * 1e6, Actor: { ID: id, Attributes: {} } }),
    );
    response.end(lines.map((line) => `${line}\n`).join(''));
  });
}

test.each([
  [10, 0, 10],
  [100, 20, 100],
  [215, 20, 215],
])('an engine with %i events, and %i more meanwhile, remembers all', async (past, more, known) => {
  await using fake = await busyEngine(past, more);
  expect((await recallEngine(fake.engine))?.starts.size).toBe(known);
});

test.each([
  [256, 0],
  [300, 0],
  [250, 20],
  [300, 20],
])('an engine with %i events, and %i more meanwhile, may have forgotten some', async (past, more) => {
  await using fake = await busyEngine(past, more);
  expect(await recallEngine(fake.engine)).toBeUndefined();
});
