import { dispatchJobs, followOutput, submitJob, waitForJob } from '@hodei/application';
import { openControlPlane, parseSettings, runLoop } from '@hodei/server';

// With HODEI_DATABASE_URL that Postgres, without it one of its own in .hodei/ of this folder.
await using plane = await openControlPlane(parseSettings(process.env));
const { context, runner, store } = plane;
// Takes what is pending, here and in every other program with the same database.
await using _dispatching = runLoop('dispatch', store.diagnostics, (over) => dispatchJobs(context, runner, over));

const { id } = await submitJob(context, { image: 'busybox', script: 'echo hello; exit 3' });
for await (const { stream, bytes } of followOutput(context, { jobId: id, follow: true })) process[stream].write(bytes);
const { state, outcome } = await waitForJob(context, id);
console.log(state, outcome?.cause, outcome?.evidence.exitCode);
