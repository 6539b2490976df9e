import type { JobDescription } from '@hodei/application';
import { hasEnded, type HodeiClient } from '@hodei/client';
import type { JobId } from '@hodei/domain';

import type { WaitOptions } from '../backend.ts';
import { descriptionFromJson } from './from-json.ts';

/** How long one look waits: while a job waits, a person wants to know what for; once it runs, there is its output. */
const WAITING = '1s';
const RUNNING = '30s';
/** The first one does not; it is made as often as those that do, where the server is away. */
const AT_ONCE = '0s';

/** Waits for a job's end, and tells what it waits for meanwhile. */
export async function waitForEnd(client: HodeiClient, jobId: JobId, options: WaitOptions): Promise<JobDescription> {
  const { signal, onWaiting, onRetry } = options;
  let told = 0;
  let wait = AT_ONCE;
  for (;;) {
    const json = await client.jobs.get(jobId, {
      wait,
      ...(signal === undefined ? {} : { signal }),
    });
    const description = descriptionFromJson(json);
    const { attempts, waitingFor } = description;
    // An attempt is tried again where the job waits, or another one follows it.
    const retried = json.state === 'pending' ? attempts : attempts.slice(0, -1);
    for (const attempt of retried.slice(told)) onRetry?.(attempt);
    told = Math.max(told, retried.length);
    if (hasEnded(json.state)) return description;
    if (waitingFor !== undefined) onWaiting?.(waitingFor);
    wait = json.state === 'running' ? RUNNING : WAITING;
  }
}
