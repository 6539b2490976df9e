import { LABELS, parseProviderId, parseWorkerId } from '@hodei/domain';
import { describe, expect, it, onTestFinished } from 'vitest';

import { destroyWorker, removeById } from '../../../src/docker/workers/destroy-worker.ts';
import { startFakeEngine } from '../support/fake-engine.ts';

const ID = 'abc';
const workerId = parseWorkerId('01890a5d-ac96-774b-bcce-b302099a8057');
const providerId = parseProviderId('01890a5d-ac96-774b-bcce-b302099a8058');

type Answer = readonly [status: number, message: string];

const GONE: Answer = [404, `No such container: ${ID}`];

/** An engine that answers removals in turn, the last answer again and again; it says what it was asked to change. */
async function engineWith(removals: readonly Answer[], labels: Readonly<Record<string, string>> = {}) {
  const asked: string[] = [];
  const { engine, ...fake } = await startFakeEngine(({ method, url = '' }, response) => {
    const say = ([status, message]: Answer): void => void response.writeHead(status).end(JSON.stringify({ message }));
    if (method === 'GET') {
      const info = { Id: ID, Config: { Labels: labels }, State: { Status: 'exited', Running: false } };
      response.setHeader('content-type', 'application/json').end(JSON.stringify(info));
      return;
    }
    asked.push(`${method} ${url.replace(/\?.*/, '').replace(/\/v[\d.]+/, '')}`);
    say(removals[Math.min(asked.length, removals.length) - 1] ?? [204, '']);
  });
  onTestFinished(() => fake[Symbol.asyncDispose]());
  return { engine, asked };
}

describe('the removal of a container', () => {
  it.each<[string, readonly Answer[]]>([
    ['being removed by somebody else', [[409, `removal of container ${ID} is already in progress`]]],
    ['just ending', [[409, `container ${ID} is not running`]]],
    [
      'on a device that is busy',
      [[500, 'driver "overlay2" failed to remove root filesystem: device or resource busy']],
    ],
  ])('is asked for until it is gone: %s', async (_, [trouble = GONE]) => {
    const { engine, asked } = await engineWith([trouble, trouble, trouble, GONE]);
    await removeById(engine, ID, 'it');
    expect(asked).toEqual(Array.from({ length: 4 }, () => `DELETE /containers/${ID}`));
  });

  it('fails at once where asking again can not help', async () => {
    const { engine, asked } = await engineWith([[403, 'authorization denied by plugin']]);
    await expect(removeById(engine, ID, 'it')).rejects.toMatchObject({ code: 'authentication_failed' });
    expect(asked).toHaveLength(1);
  });

  it('is given up by its signal', async () => {
    const { engine } = await engineWith([[409, `removal of container ${ID} is already in progress`]]);
    const giveUp = new AbortController();
    const removing = removeById(engine, ID, 'it', giveUp.signal);
    const reason = new Error('nobody waits any more');
    giveUp.abort(reason);
    await expect(removing).rejects.toBe(reason);
  });
});

describe('the end of a worker', () => {
  const own = { [LABELS.managed]: 'true', [LABELS.worker]: workerId, [LABELS.provider]: providerId };
  const destroy = async (labels: Readonly<Record<string, string>>): Promise<readonly string[]> => {
    const { engine, asked } = await engineWith([[204, '']], labels);
    await destroyWorker(engine, { workerId, resourceId: ID }, providerId, { gracePeriodMs: 0 });
    return asked;
  };

  it('removes what has all labels of this worker', async () => {
    expect(await destroy(own)).toEqual([`DELETE /containers/${ID}`]);
  });

  it.each([LABELS.managed, LABELS.worker, LABELS.provider])(
    'touches nothing whose label %s is another',
    async (label) => {
      expect(await destroy({ ...own, [label]: 'other' })).toEqual([]);
    },
  );
});
