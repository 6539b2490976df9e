import type { JobInput } from '@hodei/domain';

import { refusalOf } from '../validate.ts';
import { JobInputJson } from './job-schemas.ts';
import { readJobInput } from './read-job-input.ts';

/** A job as `POST /v1/jobs` takes it. What is checked further is checked when it is submitted. @throws HodeiError `invalid_input` */
export function parseJobInput(json: unknown): JobInput {
  const parsed = JobInputJson.safeParse(json);
  if (parsed.success) return readJobInput(parsed.data);
  throw refusalOf(parsed.error, 'body');
}
