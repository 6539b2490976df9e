import { HodeiError } from '@hodei/domain';
import type { Fault } from '@hodei/testkit/in-memory';
import { describe, expect, it } from 'vitest';

import { JobRunner, submitJob, WorkerReconciler } from '../../src/index.ts';
import { startControlPlane } from '../support/control-plane.ts';

const OVER = new HodeiError('stale_epoch', 'its lease ran out');

/** The engine does not answer this call, whenever it is made. */
class Hanging {
  wasMade = false;
  readonly fault: Fault;

  constructor(call: Fault['call']) {
    this.fault = { call, kind: 'hang', times: 'always', when: () => (this.wasMade = true) };
  }
}

/** In which call the engine hangs, and what goes before. */
const TROUBLES: readonly (readonly [call: Fault['call'], before: readonly Fault[]])[] = [
  ['prepareImage', []],
  ['createWorker', []],
  ['launch', []],
  ['recoverWorker', [{ call: 'launch', kind: 'loseAnswer' }]],
  ['recoverWorker', [{ call: 'waitForExit', kind: 'loseAnswer' }]],
  ['waitForExit', []],
  ['stopWorker', []],
  ['destroyWorker', []],
];

describe('an instance whose life is over', () => {
  it.each(TROUBLES)('waits no longer for an engine that hangs: %s', async (call, before) => {
    await using plane = await startControlPlane();
    const life = new AbortController();
    const context = { ...plane.context, lost: life.signal };
    const runner = new JobRunner(context);
    const hanging = new Hanging(call);
    for (const fault of [...before, hanging.fault]) plane.provider.faults.add(fault);
    const command = call === 'stopWorker' ? ['wait'] : ['echo', 'x'];
    const job = await submitJob(context, { command }, { claim: true });
    runner.start(job).catch(() => undefined);
    await plane.clock.advance(500);
    if (call === 'stopWorker') runner.cancel(job.id, { by: 'test', at: plane.clock.now() });
    await plane.clock.settle();
    expect(hanging.wasMade).toBe(true);
    life.abort(OVER);
    const at = plane.clock.now();
    await plane.until(runner.idle());
    expect(plane.clock.now()).toBe(at);
    plane.provider.faults.clear();
  });

  it('looks no longer for workers that no row wants', async () => {
    await using plane = await startControlPlane();
    const life = new AbortController();
    const hanging = new Hanging('listWorkers');
    plane.provider.faults.add(hanging.fault);
    const look = new WorkerReconciler({ ...plane.context, lost: life.signal }, plane.provider).step(life.signal);
    look.catch(() => undefined);
    await plane.clock.settle();
    expect(hanging.wasMade).toBe(true);
    life.abort(OVER);
    await expect(look).rejects.toBe(OVER);
  });
});
