import { assertQueueName, checkQueueInput, type Queue, type QueueInput, type QueueView } from '@hodei/domain';

import type { JobContext } from '../support/job-context.ts';

type Context = Pick<JobContext, 'repositories' | 'clock'>;

/** Configures a queue; what the input leaves out takes its default. @throws HodeiError `invalid_input` */
export async function putQueue({ repositories, clock }: Context, input: QueueInput): Promise<Queue> {
  return repositories.queues.put(checkQueueInput(input), clock.now());
}

/** All queues that are configured or have live jobs, by name. */
export const listQueues = ({ repositories }: Pick<Context, 'repositories'>): Promise<readonly QueueView[]> =>
  repositories.queues.list();

/** Starts nothing of a queue until it is resumed; what runs goes on. Idempotent. @throws HodeiError `invalid_input` */
export const pauseQueue = (context: Context, name: string): Promise<Queue> => setPaused(context, name, true);

/** Lets a paused queue go on. Idempotent. @throws HodeiError `invalid_input` */
export const resumeQueue = (context: Context, name: string): Promise<Queue> => setPaused(context, name, false);

/** Forgets how a queue is configured; its jobs stay in it. @throws HodeiError `not_found` */
export const deleteQueue = ({ repositories, clock }: Context, name: string): Promise<void> =>
  repositories.queues.delete(name, clock.now());

async function setPaused({ repositories, clock }: Context, name: string, paused: boolean): Promise<Queue> {
  assertQueueName(name, 'name');
  return repositories.queues.setPaused({ name, paused, at: clock.now() });
}
