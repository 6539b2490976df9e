import { describe, expect, test } from 'vitest';

import { describeTerminal } from '../src/output/terminal.ts';

const painted = (env: NodeJS.ProcessEnv): boolean => describeTerminal(1, env).paint('red', 'x') !== 'x';

// Tests write into a pipe.
describe('colours in a pipe', () => {
  test.each<readonly [NodeJS.ProcessEnv, boolean]>([
    [{}, false],
    [{ TERM: 'xterm-256color' }, false],
    [{ FORCE_COLOR: '' }, false],
    [{ FORCE_COLOR: '0' }, false],
    [{ FORCE_COLOR: '1' }, true],
    [{ FORCE_COLOR: '1', NO_COLOR: '1' }, true],
    [{ FORCE_COLOR: 'true', TERM: 'dumb' }, true],
  ])('%j: %s', (env, expected) => {
    expect(painted(env)).toBe(expected);
  });
});
