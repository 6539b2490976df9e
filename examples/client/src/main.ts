import { HodeiClient, isHodeiClientError } from '@hodei/client';

const { HODEI_URL: baseUrl = 'http://127.0.0.1:7433', HODEI_TOKEN: token } = process.env;
const hodei = new HodeiClient({ baseUrl, ...(token === undefined ? {} : { token }) });

try {
  const { id } = await hodei.jobs.submit({ image: 'busybox', command: ['echo', 'hello'], timeoutMs: 60_000 });
  for await (const { stream, bytes } of hodei.jobs.followOutput(id)) process[stream].write(bytes);
  const { state, cause } = await hodei.jobs.wait(id);
  console.log(state, cause);
} catch (error) {
  // Every error of the client's has a code, and says whether the same call may succeed later.
  if (!isHodeiClientError(error)) throw error;
  console.error(error.code, error.retryable, error.message);
  process.exitCode = 1;
}
