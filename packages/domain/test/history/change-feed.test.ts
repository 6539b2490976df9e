import { expect, it } from 'vitest';
import { joinChanges, parseJobId, type Change } from '../../src/index.ts';

const jobId = parseJobId('0191e2a0-0000-7000-8000-000000000001');
const became = (state: 'pending' | 'running'): Change => ({ kind: 'job', jobId, state });

it('two changes that nobody has read are one, which tells a state only where both do', () => {
  expect(joinChanges(undefined, became('running'))).toEqual(became('running'));
  expect(joinChanges(became('running'), became('running'))).toEqual(became('running'));
  expect(joinChanges(became('pending'), became('running'))).toEqual({ kind: 'job', jobId });
  expect(joinChanges({ kind: 'job', jobId }, became('running'))).toEqual({ kind: 'job', jobId });
  expect(joinChanges({ kind: 'resync' }, { kind: 'resync' })).toEqual({ kind: 'resync' });
});
