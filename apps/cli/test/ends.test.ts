import { TERMINATION_CAUSES, type Outcome, type TerminationCause } from '@hodei/domain';
import { describe, expect, test } from 'vitest';

import { explainEnd } from '../src/output/explain-end.ts';
import { isPlatformFailure, jobExitCode } from '../src/output/job-exit-code.ts';

const end = (cause: TerminationCause, evidence: Outcome['evidence'] = {}): Outcome => ({ cause, evidence });

describe('the exit code of hodei run', () => {
  test.each([
    [end('exited', { exitCode: 0 }), 0],
    [end('exited', { exitCode: 7 }), 7],
    [end('exited', { exitCode: 255 }), 255],
    [end('timed_out', { exitCode: 137 }), 124],
    [end('cancelled', { exitCode: 143 }), 130],
    [end('oom_killed', { exitCode: 137, oomKilled: true }), 137],
    [end('signalled', { exitCode: 137, signal: 'SIGKILL' }), 137],
    [end('signalled', { signal: 'SIGTERM' }), 143],
    [end('command_not_found', { exitCode: 127 }), 127],
    [end('start_failed', { exitCode: 126, code: 'start_failed' }), 126],
    [end('start_failed', { code: 'network_not_found' }), 125],
    [end('image_not_found'), 125],
    [end('worker_lost'), 125],
    [end('provider_unavailable'), 125],
    [end('limit_exceeded'), 125],
  ])('for %j is %i', (outcome, code) => {
    expect(jobExitCode(outcome)).toBe(code);
  });

  test('is never 0 for anything but a job that exited with 0', () => {
    const causes = Object.keys(TERMINATION_CAUSES) as TerminationCause[];
    expect(causes.filter((cause) => jobExitCode(end(cause)) === 0)).toEqual([]);
  });

  test('is the platform’s where the job did not run to an end of its own', () => {
    expect(isPlatformFailure(end('image_pull_denied'))).toBe(true);
    expect(isPlatformFailure(end('exited', { exitCode: 125 }))).toBe(false);
  });
});

describe('the words for an end', () => {
  test.each([
    [end('exited', { exitCode: 7 }), 'exited with code 7'],
    [
      end('exited', { exitCode: 1, oomKilled: true }),
      'exited with code 1: the kernel killed a process of it for memory',
    ],
    [end('signalled', { signal: 'SIGKILL', exitCode: 137 }), 'was killed by SIGKILL'],
    [end('cancelled', { by: 'ana (Ctrl-C)' }), 'was cancelled by ana (Ctrl-C)'],
    [end('timed_out', { message: 'ran longer than 500 ms' }), 'timed out (timed_out): ran longer than 500 ms'],
    [end('image_not_found', { message: 'no such image' }), 'failed (image_not_found): no such image'],
  ])('%j', (outcome, words) => {
    expect(explainEnd(outcome)).toBe(words);
  });
});
