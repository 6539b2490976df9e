import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

import type { Diagnostics } from '@hodei/application';
import { checkJobInput, parseJobId, type Job } from '@hodei/domain';
import { describe, expect, it } from 'vitest';

import { openTraces } from '../src/traces/open-traces.ts';
import { readTraceSettings } from '../src/traces/trace-settings.ts';

const { spec } = checkJobInput({ command: ['true'] }, 'busybox');
const id = parseJobId('01a20ce6-3558-7445-b8a9-6e51bef62be3');
const job: Job = { id, spec, state: 'pending', createdAt: 1, stateChangedAt: 1, notBefore: 1 };

interface Received {
  readonly url: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/**
 * Opens traces to a collector that answers so (or, without a status, never), tells of one submission, and closes them.
 */
async function tellOnce(protocol: string, status?: number) {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    void buffer(request).then((body) => {
      received.push({ url: request.url, headers: request.headers, body: body.toString('latin1') });
      if (status !== undefined) response.writeHead(status).end();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const reported: string[] = [];
  const say = (message: string): void => void reported.push(message);
  const diagnostics: Diagnostics = { info: say, warn: say, error: say };
  const settings = readTraceSettings({
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
  });
  if (settings === undefined) throw new Error('there are no traces');
  const closeLimitMs = status === undefined ? 200 : 10_000;
  {
    await using traces = await openTraces({ settings, version: '1', instance: 'x', diagnostics, closeLimitMs });
    traces.telemetry.submitted?.({ job, from: 1, to: 2, placed: false });
  }
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  return { received, reported };
}

describe('spans', () => {
  it.each([
    ['http/protobuf', 'application/x-protobuf'],
    ['http/json', 'application/json'],
  ])('are sent with %s, at the latest when the process ends', async (protocol, contentType) => {
    const { received, reported } = await tellOnce(protocol, 200);
    expect(received).toMatchObject([{ url: '/v1/traces', headers: { 'content-type': contentType } }]);
    expect(received[0]?.body).toContain('submit');
    expect(reported).toEqual([]);
  });

  it('that a collector refuses are reported', async () => {
    expect((await tellOnce('http/json', 400)).reported).toEqual(['traces could not be sent']);
  });

  it('that a collector does not answer hold up the end for a while only', async () => {
    expect((await tellOnce('http/json')).received).toHaveLength(1);
  });
});
