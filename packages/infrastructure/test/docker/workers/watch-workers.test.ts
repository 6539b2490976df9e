import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';

import { LABELS, parseInstallationId, parseProviderId, type WorkerEvent } from '@hodei/domain';
import { describe, expect, test } from 'vitest';

import { watchWorkers, type WatchOptions } from '../../../src/docker/workers/watch-workers.ts';
import { startFakeEngine, type FakeEngine } from '../support/fake-engine.ts';

const OWNER = { installationId: parseInstallationId(randomUUID()), providerId: parseProviderId(randomUUID()) };
const FAST = { firstBackoffMs: 1, mostBackoffMs: 5 };

/** An engine of which each stream of events is answered in turn by the next of these, the last one again and again. */
async function startWithStreams(
  ...streams: readonly ((response: ServerResponse, url: URL) => void)[]
): Promise<FakeEngine> {
  let opened = 0;
  return startFakeEngine((request, response) => {
    const answer = streams[Math.min(opened++, streams.length - 1)];
    answer?.(response, new URL(request.url ?? '', 'http://engine'));
  });
}

const event = (Action: string, timeNano: number, workerId: string = randomUUID()): string =>
  `${JSON.stringify({ Type: 'container', Action, Actor: { ID: 'abc', Attributes: { [LABELS.worker]: workerId, exitCode: '3' } }, timeNano })}\n`;

async function watch(
  fake: FakeEngine,
  count: number,
  options: Partial<WatchOptions> = {},
): Promise<readonly WorkerEvent[]> {
  const seen: WorkerEvent[] = [];
  const controller = new AbortController();
  for await (const each of watchWorkers(fake.engine, OWNER, { ...FAST, ...options, signal: controller.signal })) {
    if (seen.push(each) === count) controller.abort();
  }
  return seen;
}

const kinds = (events: readonly WorkerEvent[]): readonly string[] =>
  events.map((each) => (each.kind === 'resync' ? 'resync' : each.state));
const quiet = (response: ServerResponse): void => response.writeHead(200).flushHeaders();

describe('watching workers', () => {
  test('says resync first of all, then what changes', async () => {
    await using fake = await startWithStreams(
      (response) => void response.write(event('start', 1e18) + event('die', 2e18)),
    );
    const events = await watch(fake, 3);
    expect(kinds(events)).toEqual(['resync', 'ready', 'terminated']);
    expect(events[2]).toMatchObject({ at: 2e12, exitCode: 3 });
  });

  test('asks for what is ours alone', async () => {
    const asked = Promise.withResolvers<URL>();
    await using fake = await startWithStreams((response, url) => {
      asked.resolve(url);
      quiet(response);
    });
    await watch(fake, 1);
    const filters: unknown = JSON.parse((await asked.promise).searchParams.get('filters') ?? '');
    expect(filters).toMatchObject({
      type: ['container'],
      label: [
        `${LABELS.managed}=true`,
        `${LABELS.installation}=${OWNER.installationId}`,
        `${LABELS.provider}=${OWNER.providerId}`,
      ],
    });
  });

  test('takes the silent end of a stream for a gap, and goes on from the last event', async () => {
    const since: (string | null)[] = [];
    await using fake = await startWithStreams(
      (response, url) => {
        since.push(url.searchParams.get('since'));
        response.end(event('start', 1_700_000_000_500_000_000));
      },
      (response, url) => {
        since.push(url.searchParams.get('since'));
        response.write(event('die', 1_700_000_001_000_000_000));
      },
    );
    expect(kinds(await watch(fake, 4))).toEqual(['resync', 'ready', 'resync', 'terminated']);
    expect(since[0]).toBeNull();
    expect(Number(since[1])).toBeGreaterThan(1_700_000_000.4999);
    expect(Number(since[1])).toBeLessThanOrEqual(1_700_000_000.5);
  });

  test('finds out an engine that has gone quiet, and connects anew', async () => {
    await using fake = await startWithStreams(quiet);
    expect(kinds(await watch(fake, 3, { renewAfterMs: 20 }))).toEqual(['resync', 'resync', 'resync']);
  });

  test('comes back after the engine has hung', async () => {
    await using fake = await startWithStreams(() => {}, quiet);
    expect(kinds(await watch(fake, 1, { renewAfterMs: 50 }))).toEqual(['resync']);
  });

  test('comes back after errors of the engine', async () => {
    await using fake = await startWithStreams(
      (response) => response.writeHead(500).end('{"message":"starting"}'),
      (response) => response.end('no JSON\n'),
      (response) => void response.write(event('start', 1e18)),
    );
    expect(kinds(await watch(fake, 3))).toEqual(['resync', 'resync', 'ready']);
  });

  test('says resync for an event that can not be read, and goes on', async () => {
    await using fake = await startWithStreams(
      (response) => void response.write(event('start', 1e18, 'no id') + event('die', 2e18)),
    );
    expect(kinds(await watch(fake, 3))).toEqual(['resync', 'resync', 'terminated']);
  });

  test('says resync instead of more events than it may hold for a slow reader', async () => {
    const readAll = Promise.withResolvers<void>();
    await using fake = await startWithStreams(
      (response) => response.end(Array.from({ length: 20 }, (_, n) => event('start', n * 1e15)).join('')),
      (response) => {
        readAll.resolve();
        quiet(response);
      },
    );
    const controller = new AbortController();
    const watching = watchWorkers(fake.engine, OWNER, { ...FAST, signal: controller.signal, capacity: 5 });
    expect((await watching.next()).value).toMatchObject({ kind: 'resync' });
    await readAll.promise;
    expect((await watching.next()).value).toMatchObject({ kind: 'resync' });
    controller.abort();
    expect((await watching.next()).done).toBe(true);
  });

  test('ends without an error when its signal aborts, also before it begins and while there is no daemon', async () => {
    await using fake = await startWithStreams((response) => response.destroy());
    expect(await watchFor(fake, AbortSignal.abort())).toEqual([]);
    expect(await watchFor(fake, AbortSignal.timeout(50))).toEqual([]);
  });

  const watchFor = async (fake: FakeEngine, signal: AbortSignal): Promise<readonly WorkerEvent[]> => {
    const seen: WorkerEvent[] = [];
    for await (const each of watchWorkers(fake.engine, OWNER, { ...FAST, signal })) seen.push(each);
    return seen;
  };
});
