import { cancelJob, describeJob, submitJob, waitForJob, type JobDescription } from '@hodei/application';
import { HodeiError, type Job, type JobId, type JobInput } from '@hodei/domain';

import type { App } from '../app.ts';
import type { Caller } from '../caller.ts';
import { goneSignal } from '../gone-signal.ts';
import type { HttpContext, HttpLife } from '../http-context.ts';
import { pageToJson } from '../schema-parts.ts';
import { visibleJob, TENANT_LABEL } from './job-access.ts';
import { jobDescriptionToJson, jobToJson } from './job-json.ts';
import {
  JobDescriptionJson,
  JobInputJson,
  JobJson,
  JobListQuery,
  JobPage,
  JobParams,
  SubmitQuery,
} from './job-schemas.ts';
import { readJobInput } from './read-job-input.ts';
import { readWait } from './read-wait.ts';

export function addJobRoutes(app: App, http: HttpContext): void {
  app.post(
    '/v1/jobs',
    {
      config: { scope: 'submit' },
      bodyLimit: http.limits.maxBodyBytes,
      schema: {
        tags: ['jobs'],
        summary: 'Submit a job',
        description:
          'Stores a job and answers; with "wait", once it has ended or the time is over, whichever is first.',
        querystring: SubmitQuery,
        body: JobInputJson,
        response: { 201: JobDescriptionJson },
      },
    },
    async (request, reply) => {
      const life = http.life();
      const waitMs = request.query.wait === undefined ? undefined : readWait(request.query.wait);
      const job = await submitJob(life.context, ofTenant(readJobInput(request.body), request.caller), {
        runner: life.runner,
      });
      const description =
        waitMs === undefined
          ? { job, attempts: [], gaps: [] }
          : await describeAfter(life, job.id, waitMs, goneSignal(reply));
      return reply.code(201).header('location', `/v1/jobs/${job.id}`).send(jobDescriptionToJson(description));
    },
  );

  app.get(
    '/v1/jobs',
    {
      config: { scope: 'read' },
      schema: {
        tags: ['jobs'],
        summary: 'List jobs, the newest first',
        querystring: JobListQuery,
        response: { 200: JobPage },
      },
    },
    async (request) => {
      const { state, label, name, ...page } = request.query;
      const labels = readLabels(label ?? [], request.caller);
      const found = await http.life().context.repositories.jobs.list({
        ...page,
        ...(state === undefined ? {} : { states: state }),
        ...(name === undefined ? {} : { name }),
        ...(labels === undefined ? {} : { labels }),
      });
      return pageToJson(found, jobToJson);
    },
  );

  app.get(
    '/v1/jobs/:id',
    {
      config: { scope: 'read' },
      schema: {
        tags: ['jobs'],
        summary: 'Look at a job',
        description:
          'With its attempts, and why it does not run yet. With "wait", once it has ended or the time is over.',
        params: JobParams,
        querystring: SubmitQuery,
        response: { 200: JobDescriptionJson },
      },
    },
    async (request, reply) => {
      const life = http.life();
      const { id } = await visibleJob(life, request.caller, request.params.id);
      const { wait } = request.query;
      const description =
        wait === undefined
          ? await describeJob(life.context, id)
          : await describeAfter(life, id, readWait(wait), goneSignal(reply));
      return jobDescriptionToJson(description);
    },
  );

  app.post(
    '/v1/jobs/:id/cancel',
    {
      config: { scope: 'submit' },
      schema: {
        tags: ['jobs'],
        summary: 'Ask for the end of a job',
        description: 'One that is pending ends at once, one that runs is stopped with grace. Idempotent.',
        params: JobParams,
        response: { 200: JobJson },
      },
    },
    async (request) => {
      const life = http.life();
      const { id } = await visibleJob(life, request.caller, request.params.id);
      return jobToJson(await cancelJob(life.context, id, request.caller.by));
    },
  );
}

/** The job when it has ended, or as it is when the time is over, the client gone, or this server ends. */
async function describeAfter(
  { context, over }: HttpLife,
  jobId: JobId,
  waitMs: number,
  gone: AbortSignal,
): Promise<JobDescription> {
  const enough = new AbortController();
  const signal = AbortSignal.any([enough.signal, gone, over]);
  const ended = waitForJob(context, jobId, { signal });
  const late = context.clock.sleep(waitMs, signal);
  try {
    await Promise.race([ended, late]);
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    enough.abort();
    await Promise.allSettled([ended, late]);
  }
  return describeJob(context, jobId);
}

/** A tenant's token submits that tenant's jobs. @throws HodeiError `forbidden` where the job names another. */
function ofTenant(input: JobInput, { tenant }: Caller): JobInput {
  if (tenant === undefined) return input;
  const named = input.labels?.[TENANT_LABEL];
  if (named !== undefined && named !== tenant)
    throw new HodeiError('forbidden', `this token submits jobs of tenant ${tenant} only`);
  return { ...input, labels: { ...input.labels, [TENANT_LABEL]: tenant } };
}

function readLabels(given: readonly string[], { tenant }: Caller): Job['spec']['labels'] | undefined {
  const pairs = given.map((text): readonly [string, string] => {
    const [key = '', ...value] = text.split('=');
    return [key, value.join('=')];
  });
  if (tenant !== undefined) pairs.push([TENANT_LABEL, tenant]);
  return pairs.length === 0 ? undefined : Object.fromEntries(pairs);
}
