import { HttpTransport, type TransportOptions } from './http-transport.ts';
import { JobsClient } from './jobs-client.ts';
import { ProvidersClient } from './providers-client.ts';
import { WorkersClient } from './workers-client.ts';

/**
 * A client of a Hodei Jobs server.
 *
 * ```ts
 * const hodei = new HodeiClient({ baseUrl: 'http://127.0.0.1:7433' });
 * const { id } = await hodei.jobs.submit({ image: 'busybox', command: ['echo', 'hello'] });
 * for await (const { stream, bytes } of hodei.jobs.followOutput(id)) process[stream].write(bytes);
 * console.log((await hodei.jobs.wait(id)).state);
 * ```
 */
export class HodeiClient {
  readonly jobs: JobsClient;
  readonly providers: ProvidersClient;
  readonly workers: WorkersClient;

  /** Nothing is connected yet. @throws TypeError where the base URL is none. */
  constructor(options: TransportOptions) {
    const http = new HttpTransport(options);
    this.jobs = new JobsClient(http);
    this.providers = new ProvidersClient(http);
    this.workers = new WorkersClient(http);
  }
}
