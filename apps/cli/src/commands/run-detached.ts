import type { JobInput } from '@hodei/domain';
import { jobDescriptionToJson } from '@hodei/server';

import type { Cli } from '../cli.ts';
import { EXIT } from '../output/job-exit-code.ts';
import { writeJson } from '../output/write-json.ts';
import type { RunMode } from './run-job.ts';

/** Submits a job that goes on without us, and prints its id and nothing else (or, as JSON, the job). */
export async function runDetached(cli: Cli, input: JobInput, { json, quiet }: RunMode): Promise<number> {
  await using backend = cli.openBackend({ quiet });
  const jobId = await backend.submit(input, { detach: true });
  if (json) await writeJson(cli.stdout, jobDescriptionToJson(await backend.describe(jobId)));
  else await cli.stdout.write(`${jobId}\n`);
  return EXIT.ok;
}
