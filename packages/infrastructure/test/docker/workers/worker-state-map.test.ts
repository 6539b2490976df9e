import { describe, expect, test } from 'vitest';

import { toWorkerState } from '../../../src/docker/workers/worker-state-map.ts';

describe("a container's state", () => {
  test.each([
    ['none', 'creating'],
    ['created', 'connecting'],
    ['restarting', 'connecting'],
    ['running', 'ready'],
    ['paused', 'draining'],
    ['removing', 'terminating'],
    ['exited', 'terminated'],
    ['dead', 'terminated'],
  ])('%s means that the worker is %s', (docker, worker) => {
    expect(toWorkerState(docker)).toBe(worker);
  });

  test.each(['', 'Running', 'toString', 'hibernated'])('"%s" is unknown, not terminated', (docker) => {
    expect(() => toWorkerState(docker)).toThrow(expect.objectContaining({ code: 'unknown_value' }));
  });
});
