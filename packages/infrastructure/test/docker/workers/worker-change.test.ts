import { LABELS } from '@hodei/domain';
import { describe, expect, test } from 'vitest';

import { readWorkerChange } from '../../../src/docker/workers/worker-change.ts';

const WORKER = '01890a5d-ac96-774b-bcce-b302099a8057';
const event = (Action: string, attributes: object = {}): object => ({
  Type: 'container',
  Action,
  Actor: { ID: 'abc', Attributes: { [LABELS.worker]: WORKER, ...attributes } },
  timeNano: 1_700_000_000_123_456_768,
});

describe("an engine's event", () => {
  test.each([
    ['create', 'connecting'],
    ['start', 'ready'],
    ['pause', 'draining'],
    ['unpause', 'ready'],
    ['destroy', 'terminated'],
  ])('%s says that the worker is %s', (action, state) => {
    expect(readWorkerChange(event(action))).toEqual({
      kind: 'changed',
      workerId: WORKER,
      state,
      at: 1_700_000_000_123,
    });
  });

  test('die has the exit code', () => {
    expect(readWorkerChange(event('die', { exitCode: '137' }))).toMatchObject({ state: 'terminated', exitCode: 137 });
  });

  test.each([
    [event('exec_start: sh')],
    [event('toString')],
    [{ ...event('start'), Type: 'network' }],
    [{ ...event('start'), Actor: {} }],
    [null],
    ['x'],
  ])('says nothing where it is %j', (value) => {
    expect(readWorkerChange(value)).toBeUndefined();
  });

  test('with an id that is none is an error', () => {
    expect(() => readWorkerChange(event('start', { [LABELS.worker]: 'nope' }))).toThrow(
      expect.objectContaining({ code: 'unknown_value' }),
    );
  });
});
