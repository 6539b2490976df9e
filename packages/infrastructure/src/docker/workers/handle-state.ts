import type { ProviderId, WorkerHandle, WorkerSpec } from '@hodei/domain';

/** What a handle of a worker that was made without an order says in its `providerState`. */
const DIRECT = { mode: 'direct' } as const;
const ORDER = { mode: 'order' } as const;
const REUSABLE = { mode: 'reusable' } as const;

/** Whether the worker began its job by itself, so that its output has no launch marker. */
export const isDirect = ({ providerState }: Pick<WorkerHandle, 'providerState'>): boolean =>
  providerState['mode'] === DIRECT.mode;

/** Whether the worker takes one order after another, so that markers stand around the output of each. */
export const isReusable = ({ providerState }: Pick<WorkerHandle, 'providerState'>): boolean =>
  providerState['mode'] === REUSABLE.mode;

/** The handle of a container. */
export const handleOf = (
  spec: WorkerSpec,
  made: Pick<WorkerHandle, 'resourceId' | 'createdAt' | 'defaultCommand' | 'warnings'> & {
    readonly providerId: ProviderId;
  },
): WorkerHandle => ({
  version: 1,
  workerId: spec.workerId,
  providerType: 'docker',
  providerState: stateOf(spec),
  ...made,
});

function stateOf({ direct, reusable }: WorkerSpec): WorkerHandle['providerState'] {
  if (direct !== undefined) return DIRECT;
  return reusable === undefined ? ORDER : REUSABLE;
}
