import { JOB_STATES, PHASES, type JobState } from '@hodei/domain';
import { z } from 'zod';

import { gapFields, Id, Labels, Moment, outcomeFields, pageOf, pageQuery, Resources } from '../schema-parts.ts';

const JobStateName = z.enum(JOB_STATES as [JobState, ...JobState[]]);

export const Requirements = z.strictObject({
  architecture: z.string().max(64).exactOptional(),
  capabilities: z.array(z.string().max(128)).max(64).exactOptional(),
  regions: z.array(z.string().max(128)).max(64).exactOptional(),
  labels: Labels.exactOptional(),
  gpuType: z.string().max(128).exactOptional(),
  runtime: z.string().max(128).exactOptional(),
});

/** See `JobInput`. What is checked further, and with which words, is the domain's. */
export const JobInputJson = z
  .strictObject({
    image: z.string().max(512).describe('absent: the default image of the server').exactOptional(),
    command: z.array(z.string()).describe('the program and its arguments; not together with script').exactOptional(),
    script: z.string().describe('run by /bin/sh -c of the image; not together with command').exactOptional(),
    env: z.record(z.string(), z.string()).exactOptional(),
    secrets: z
      .record(z.string(), z.string())
      .describe('like env; encrypted before they are stored, masked in the output, never given back')
      .exactOptional(),
    workdir: z.string().exactOptional(),
    stdin: z
      .union([z.string(), z.strictObject({ base64: z.base64() })])
      .describe('a text (sent as UTF-8), or any bytes as {"base64": "..."}')
      .exactOptional(),
    resources: Resources.exactOptional(),
    network: z.string().max(128).describe('"none" (the default), "bridge" or the name of a network').exactOptional(),
    timeoutMs: z.int().min(1).describe('how long one attempt may run').exactOptional(),
    retry: z
      .strictObject({
        maxAttempts: z.int().min(1).max(100).exactOptional(),
        backoffMs: z.int().min(0).exactOptional(),
      })
      .exactOptional(),
    maxOutputBytes: z.int().min(0).describe('the rest of its output is counted and dropped').exactOptional(),
    selfReport: z.boolean().describe('it finds a token to report with in HODEI_WORKER_TOKEN').exactOptional(),
    priority: z.int().min(-1000).max(1000).describe('higher runs earlier').exactOptional(),
    queue: z.string().max(63).describe('absent: "default"').exactOptional(),
    tenant: z.string().max(128).describe('for whom it is; a token of a tenant sets it').exactOptional(),
    concurrencyKey: z.string().max(128).describe('jobs with the same key count together').exactOptional(),
    notBefore: z.iso
      .datetime({ offset: true })
      .describe('it does not begin before; where it may and there is room, it is taken up at most 50 ms after')
      .exactOptional(),
    waitTimeoutMs: z.int().min(1).describe('the longest it may wait for its first start').exactOptional(),
    labels: Labels.exactOptional(),
    requirements: Requirements.exactOptional(),
    name: z.string().min(1).max(128).exactOptional(),
  })
  .meta({ id: 'JobInput' });

const Spec = z
  .strictObject({
    image: z.string(),
    command: z.array(z.string()).exactOptional(),
    env: z.record(z.string(), z.string()),
    secretNames: z.array(z.string()),
    workdir: z.string().exactOptional(),
    stdinBytes: z.int().exactOptional(),
    resources: Resources,
    network: z.string(),
    requirements: Requirements,
    timeoutMs: z.int().exactOptional(),
    retry: z.strictObject({ maxAttempts: z.int(), backoffMs: z.int() }),
    maxOutputBytes: z.int().exactOptional(),
    selfReport: z.literal(true).exactOptional(),
    priority: z.int(),
    queue: z.string(),
    tenant: z.string().exactOptional(),
    concurrencyKey: z.string().exactOptional(),
    notBefore: Moment.exactOptional(),
    waitTimeoutMs: z.int().exactOptional(),
    labels: Labels,
    name: z.string().exactOptional(),
    traceparent: z.string().describe('the trace that it came with').exactOptional(),
  })
  .describe('what was asked for, with the defaults filled in; never the value of a secret')
  .meta({ id: 'JobSpec' });

const jobFields = {
  id: Id,
  name: z.string().exactOptional(),
  state: JobStateName,
  queue: z.string(),
  createdAt: Moment,
  startedAt: Moment.exactOptional(),
  finishedAt: Moment.exactOptional(),
  notBefore: Moment.describe('while pending: it is not begun before').exactOptional(),
  ...outcomeFields,
  submittedBy: z.string().exactOptional(),
  cancelRequest: z.strictObject({ at: Moment, by: z.string(), force: z.literal(true).exactOptional() }).exactOptional(),
  spec: Spec,
};

export const JobJson = z.strictObject(jobFields).meta({ id: 'Job' });

const OutputGap = z.strictObject({ stream: z.enum(['stdout', 'stderr']), offset: z.int(), ...gapFields });

const AttemptJson = z
  .strictObject({
    id: Id,
    number: z.int(),
    workerId: Id,
    providerId: Id,
    phases: z.partialRecord(z.enum(PHASES), Moment).describe('when each phase was reached'),
    durationsMs: z.record(z.string(), z.number()).describe('how long each part took, in milliseconds'),
    outputBytes: z.strictObject({ stdout: z.int(), stderr: z.int() }),
    outputGaps: z.array(OutputGap).describe('where output was lost, or not kept'),
    warnings: z.array(z.string()),
    ...outcomeFields,
  })
  .meta({ id: 'Attempt' });

export const JobDescriptionJson = z
  .strictObject({
    ...jobFields,
    waitingFor: z.string().describe('why it does not run yet').exactOptional(),
    waiting: z
      .strictObject({ reason: z.string(), facts: z.record(z.string(), z.union([z.string(), z.number()])) })
      .describe('the same for a program: a reason like queue_paused or no_capacity, and its numbers')
      .exactOptional(),
    attempts: z.array(AttemptJson),
  })
  .meta({ id: 'JobDescription' });

export const JobPage = pageOf(JobJson).meta({ id: 'JobPage' });

export const JobListQuery = z.strictObject({
  ...pageQuery,
  state: z.array(JobStateName).describe('any of these').exactOptional(),
  name: z.string().max(128).exactOptional(),
  tenant: z.string().max(128).exactOptional(),
  label: z
    .array(
      z
        .string()
        .max(1200)
        .regex(/^[^=]+=/),
    )
    .max(64)
    .describe('KEY=VALUE; all of these')
    .exactOptional(),
});

export const SubmitQuery = z.strictObject({
  wait: z
    .string()
    .regex(/^\d{1,6}(ms|s|m)$/)
    .describe('answer when the job has ended, or after this time, like 30s; at most 5m')
    .exactOptional(),
});

/** Checked where it is read; here for the document. */
export const SubmitHeaders = z.looseObject({
  'idempotency-key': z
    .string()
    .min(1)
    .max(255)
    .describe('the same key and request again: the same job')
    .exactOptional(),
  traceparent: z.string().describe('the trace of W3C that the job belongs to').exactOptional(),
});

export const CancelQuery = z.strictObject({
  force: z.boolean().default(false).describe('leave it no time to end'),
  for: z.string().min(1).max(128).describe('who wants it, where that is somebody else than the token').exactOptional(),
});

export const JobParams = z.strictObject({ id: z.string().max(64) });

export type JobJson = z.output<typeof JobJson>;
export type AttemptJson = z.output<typeof AttemptJson>;
export type JobDescriptionJson = z.output<typeof JobDescriptionJson>;
export type JobInputJson = z.output<typeof JobInputJson>;
