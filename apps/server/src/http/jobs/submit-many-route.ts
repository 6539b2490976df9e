import { setImmediate as nextTurn } from 'node:timers/promises';

import { submitJobs, type Submission } from '@hodei/application';
import { isHodeiError, type HodeiError } from '@hodei/domain';
import { z } from 'zod';

import type { App } from '../app.ts';
import type { Caller } from '../auth/caller.ts';
import type { Frozen } from '../frozen.ts';
import type { HttpContext } from '../http-context.ts';
import type { HttpLife } from '../http-life.ts';
import { Problem, toProblem } from '../problem.ts';
import { readIdempotencyKey } from './idempotency.ts';
import { ofTenant } from './job-access.ts';
import { jobToJson } from './job-json.ts';
import { JobInputJson, JobJson } from './job-schemas.ts';
import { readJobInput } from './read-job-input.ts';

/** So many jobs go into one request. */
const MOST = 1000;

/** One of many jobs to submit. */
const SubmissionJson = z
  .strictObject({
    job: JobInputJson,
    idempotencyKey: z.string().min(1).max(255).describe('as the header of POST /v1/jobs, for this job').exactOptional(),
  })
  .meta({ id: 'Submission' });

export const SubmissionList = z
  .strictObject({ items: z.array(SubmissionJson).min(1).max(MOST) })
  .meta({ id: 'SubmissionList' });

export const SubmissionResults = z
  .strictObject({
    items: z.array(
      z.strictObject({
        job: JobJson.describe('it is stored').exactOptional(),
        isEarlier: z.literal(true).describe('it is the job of an earlier request with this key').exactOptional(),
        error: Problem.describe('it was refused, and nothing is stored of it').exactOptional(),
      }),
    ),
  })
  .meta({ id: 'SubmissionResults' });

export function addSubmitManyRoute(app: App, http: HttpContext): void {
  app.post(
    '/v1/jobs/batch',
    {
      config: { scope: 'submit', openToTenants: true },
      bodyLimit: http.limits.maxBodyBytes,
      schema: {
        tags: ['jobs'],
        summary: 'Submit many jobs',
        description:
          'Each as by POST /v1/jobs, with the same checks, and at once on a worker that waits for just such a job; one that is refused costs the others nothing. The answer has what became of each, in their order.',
        body: SubmissionList,
        response: { 200: SubmissionResults },
      },
    },
    async (request): Promise<Frozen<z.output<typeof SubmissionResults>>> => {
      const life = http.life();
      const { caller, body } = request;
      const begunAt = life.context.clock.now();
      const read = body.items.map((item) => refusable(() => readSubmission(life, caller, item)));
      const results = await submitJobs(life.context, read, { runner: life.runner, by: caller.by });
      // The jobs of the next request, which have waited for this statement, are stored while the answer is made.
      await nextTurn();
      return {
        items: results.map((result, index) => {
          if (isHodeiError(result)) return { error: toProblem(result, request.id) };
          const isEarlier = body.items[index]?.idempotencyKey !== undefined && result.createdAt < begunAt;
          return { job: jobToJson(result), ...(isEarlier ? { isEarlier } : {}) };
        }),
      };
    },
  );
}

function readSubmission(
  life: HttpLife,
  caller: Caller,
  { job, idempotencyKey }: z.output<typeof SubmissionJson>,
): Submission {
  const key = readIdempotencyKey(idempotencyKey);
  const input = ofTenant(readJobInput(job), caller);
  return key === undefined ? { input } : { input, idempotency: life.idempotencyOf(caller.keySpace, key, job) };
}

function refusable<T>(read: () => T): T | HodeiError {
  try {
    return read();
  } catch (error) {
    if (isHodeiError(error)) return error;
    throw error;
  }
}
