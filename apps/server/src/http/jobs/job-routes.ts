import { cancelJob, describeJob, submitJob, waitForJob, type JobDescription } from '@hodei/application';
import { HodeiError, type Job, type JobId } from '@hodei/domain';

import type { App } from '../app.ts';
import { goneSignal } from '../gone-signal.ts';
import type { HttpContext } from '../http-context.ts';
import type { HttpLife } from '../http-life.ts';
import { pageToJson } from '../schema-parts.ts';
import { readIdempotencyKey } from './idempotency.ts';
import { ofTenant, visibleJob } from './job-access.ts';
import { jobDescriptionToJson, jobToJson } from './job-json.ts';
import {
  CancelQuery,
  JobDescriptionJson,
  JobInputJson,
  JobJson,
  JobListQuery,
  JobPage,
  JobParams,
  SubmitHeaders,
  SubmitQuery,
} from './job-schemas.ts';
import { readJobInput } from './read-job-input.ts';
import { readWait } from './read-wait.ts';

export function addJobRoutes(app: App, http: HttpContext): void {
  app.post(
    '/v1/jobs',
    {
      config: { scope: 'submit', openToTenants: true },
      bodyLimit: http.limits.maxBodyBytes,
      schema: {
        tags: ['jobs'],
        summary: 'Submit a job',
        description:
          'Stores a job and answers; with "wait", once it has ended or the time is over, whichever is first. With the header Idempotency-Key, a request that is sent twice is one job.',
        querystring: SubmitQuery,
        body: JobInputJson,
        headers: SubmitHeaders,
        response: {
          200: JobDescriptionJson.describe('the job of an earlier request with this key'),
          201: JobDescriptionJson,
        },
      },
    },
    async (request, reply) => {
      const life = http.life();
      const { caller, body, headers } = request;
      const waitMs = request.query.wait === undefined ? undefined : readWait(request.query.wait);
      const key = readIdempotencyKey(headers['idempotency-key']);
      const begunAt = life.context.clock.now();
      const job = await submitJob(life.context, ofTenant(readJobInput(body, headers['traceparent']), caller), {
        runner: life.runner,
        by: caller.by,
        ...(key === undefined ? {} : { idempotency: life.idempotencyOf(caller.keySpace, key, body) }),
      });
      const isReplay = key !== undefined && job.createdAt < begunAt;
      const description =
        waitMs === undefined
          ? { job, attempts: [], gaps: [] }
          : await describeAfter(life, job.id, waitMs, goneSignal(reply));
      return reply
        .code(isReplay ? 200 : 201)
        .header('location', `/v1/jobs/${job.id}`)
        .send(jobDescriptionToJson(isReplay ? await describeJob(life.context, job.id) : description));
    },
  );

  app.get(
    '/v1/jobs',
    {
      config: { scope: 'read', openToTenants: true },
      schema: {
        tags: ['jobs'],
        summary: 'List jobs, the newest first',
        querystring: JobListQuery,
        response: { 200: JobPage },
      },
    },
    async (request) => {
      const { state, label, name, ...page } = request.query;
      const tenant = request.caller.tenant ?? request.query.tenant;
      const found = await http.life().context.repositories.jobs.list({
        ...page,
        ...(state === undefined ? {} : { states: state }),
        ...(name === undefined ? {} : { name }),
        ...(label === undefined ? {} : { labels: readLabels(label) }),
        ...(tenant === undefined ? {} : { tenant }),
      });
      return pageToJson(found, jobToJson);
    },
  );

  app.get(
    '/v1/jobs/:id',
    {
      config: { scope: 'read', openToTenants: true },
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
      config: { scope: 'submit', openToTenants: true },
      schema: {
        tags: ['jobs'],
        summary: 'Ask for the end of a job',
        description:
          'One that is pending ends at once, one that runs is stopped with grace; with "force" it is killed, also where its end was asked for before. Idempotent.',
        params: JobParams,
        querystring: CancelQuery,
        response: { 200: JobJson },
      },
    },
    async (request) => {
      const life = http.life();
      const { id } = await visibleJob(life, request.caller, request.params.id);
      const { force, for: whom } = request.query;
      const by = whom === undefined ? request.caller.by : `${request.caller.by} for ${whom}`;
      return jobToJson(await cancelJob(life.context, id, by, { force }));
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

/**
 * `KEY=VALUE` each; a value may have more of `=`.
 * @throws HodeiError `invalid_input` for two values of one key: no job has both, and one alone was not asked for.
 */
function readLabels(given: readonly string[]): Job['spec']['labels'] {
  const labels = new Map<string, string>();
  for (const text of given) {
    const [key = '', ...rest] = text.split('=');
    const value = rest.join('=');
    if ((labels.get(key) ?? value) !== value) {
      const words = `label ${key} is asked for with two values, and no job has both`;
      throw new HodeiError('invalid_input', words, { details: { field: 'label' } });
    }
    labels.set(key, value);
  }
  return Object.fromEntries(labels);
}
