import { HodeiClient } from '@hodei/client';
import type * as Client from '@hodei/client';
import type { z } from 'zod';
import { afterAll, beforeAll, expect, expectTypeOf, test } from 'vitest';

import type { HistoryEventJson } from '../../src/http/events/event-schemas.ts';
import type { Frozen } from '../../src/http/frozen.ts';
import type * as Jobs from '../../src/http/jobs/job-schemas.ts';
import type { SubmissionResults } from '../../src/http/jobs/submit-many-route.ts';
import type * as Pools from '../../src/http/pools/pool-schemas.ts';
import type * as Providers from '../../src/http/providers/provider-schemas.ts';
import type * as Queues from '../../src/http/queues/queue-schemas.ts';
import type * as Tokens from '../../src/http/tokens/token-schemas.ts';
import type * as Workers from '../../src/http/workers/worker-schemas.ts';
import { startMemoryApi, type MemoryApi } from '../support/memory-api.ts';
import { OpenApiDocument } from '../support/openapi-document.ts';

type Sent<Schema extends z.ZodType> = Frozen<z.output<Schema>>;
type Taken<Schema extends z.ZodType> = Frozen<z.input<Schema>>;

/** The names of all fields, those of fields included: a field that only one of two types has makes them differ. */
type Fields<T> = T extends readonly (infer Item)[]
  ? Fields<Item>
  : T extends object
    ? { [Key in keyof T & string]-?: Key | `${Key}.${Fields<NonNullable<T[Key]>>}` }[keyof T & string]
    : never;

// Checked by the compiler: what the server sends is what the client's types say, field by field. The client may say
// less of a value (`string` where the server has a list that grows), and never more.
test('the answers are what the client says they are', () => {
  expectTypeOf<Sent<typeof Jobs.JobDescriptionJson>>().toExtend<Client.JobDescription>();
  expectTypeOf<Fields<Sent<typeof Jobs.JobDescriptionJson>>>().toEqualTypeOf<Fields<Client.JobDescription>>();
  expectTypeOf<Sent<typeof Jobs.JobJson>>().toExtend<Client.Job>();
  expectTypeOf<Fields<Sent<typeof Jobs.JobJson>>>().toEqualTypeOf<Fields<Client.Job>>();
  expectTypeOf<Sent<typeof Jobs.JobJson>['state']>().toEqualTypeOf<Client.JobState>();
  expectTypeOf<Sent<typeof SubmissionResults>['items'][number]>().toExtend<Client.SubmissionResult>();
  expectTypeOf<keyof Sent<typeof SubmissionResults>['items'][number]>().toEqualTypeOf<keyof Client.SubmissionResult>();
  expectTypeOf<Sent<typeof Workers.WorkerJson>>().toExtend<Client.Worker>();
  expectTypeOf<Fields<Sent<typeof Workers.WorkerJson>>>().toEqualTypeOf<Fields<Client.Worker>>();
  expectTypeOf<Sent<typeof Workers.WorkerJson>['state']>().toEqualTypeOf<Client.WorkerState>();
  expectTypeOf<Sent<typeof Providers.ProviderJson>>().toExtend<Client.Provider>();
  expectTypeOf<Fields<Sent<typeof Providers.ProviderJson>>>().toEqualTypeOf<Fields<Client.Provider>>();
  expectTypeOf<Sent<typeof Pools.PoolViewJson>>().toExtend<Client.PoolView>();
  expectTypeOf<Fields<Sent<typeof Pools.PoolViewJson>>>().toEqualTypeOf<Fields<Client.PoolView>>();
  expectTypeOf<Sent<typeof Queues.QueueList>['items'][number]>().toEqualTypeOf<Frozen<Client.QueueView>>();
  expectTypeOf<Sent<typeof Queues.LimitList>['items'][number]>().toEqualTypeOf<Frozen<Client.LimitView>>();
  expectTypeOf<Sent<typeof Tokens.NewTokenJson>>().toEqualTypeOf<Frozen<Client.NewToken>>();
  expectTypeOf<Sent<typeof Tokens.TokenJson>>().toEqualTypeOf<Frozen<Client.Token>>();
  expectTypeOf<Frozen<HistoryEventJson>>().toEqualTypeOf<Frozen<Client.HistoryEvent>>();
});

test('what the client sends is what the server takes', () => {
  expectTypeOf<Client.JobInput>().toExtend<Taken<typeof Jobs.JobInputJson>>();
  expectTypeOf<Fields<Client.JobInput>>().toEqualTypeOf<Fields<Taken<typeof Jobs.JobInputJson>>>();
  expectTypeOf<Client.PoolInput>().toExtend<Taken<typeof Pools.PoolInputJson>>();
  expectTypeOf<Fields<Client.PoolInput>>().toEqualTypeOf<Fields<Taken<typeof Pools.PoolInputJson>>>();
  expectTypeOf<Client.ProviderInput>().toExtend<Taken<typeof Providers.ProviderInputJson>>();
  expectTypeOf<Fields<Client.ProviderInput>>().toEqualTypeOf<Fields<Taken<typeof Providers.ProviderInputJson>>>();
  expectTypeOf<Client.ProviderChanges>().toExtend<Taken<typeof Providers.ProviderPatchJson>>();
  expectTypeOf<Client.TokenInput>().toEqualTypeOf<Taken<typeof Tokens.TokenInputJson>>();
});

let api: MemoryApi;
beforeAll(async () => {
  api = await startMemoryApi();
});
afterAll(() => api[Symbol.asyncDispose]());

/** Lets go of a stream as soon as it was asked for. */
const first = (stream: AsyncIterator<unknown>): Promise<unknown> => stream.next();

/** How the client asks for each thing that can be asked for; or why it does not. */
const CALLS: Readonly<Record<string, ((client: HodeiClient) => Promise<unknown>) | string>> = {
  'GET /healthz': (client) => client.health(),
  'GET /readyz': (client) => client.readiness(),
  'GET /metrics': 'for Prometheus, in its own format',
  'POST /v1/jobs': (client) => client.jobs.submit({}),
  'POST /v1/jobs/batch': (client) => client.jobs.submitMany([{}]),
  'GET /v1/jobs': (client) => client.jobs.list(),
  'GET /v1/jobs/{id}': (client) => client.jobs.get('x'),
  'POST /v1/jobs/{id}/cancel': (client) => client.jobs.cancel('x'),
  'GET /v1/jobs/{id}/logs': (client) => first(client.jobs.followOutput('x')),
  'GET /v1/events': (client) => first(client.events.follow()),
  'GET /v1/workers': (client) => client.workers.list(),
  'GET /v1/workers/{id}': (client) => client.workers.get('x'),
  'POST /v1/workers/{id}/drain': (client) => client.workers.drain('x'),
  'DELETE /v1/workers/{id}': (client) => client.workers.destroy('x'),
  'POST /v1/workers/{id}/heartbeat': 'for a job itself, with a token that is good for this alone',
  'GET /v1/providers': (client) => client.providers.list(),
  'POST /v1/providers': (client) => client.providers.add({ name: 'x', type: 'docker' }),
  'GET /v1/providers/{id}': (client) => client.providers.get('x'),
  'PATCH /v1/providers/{id}': (client) => client.providers.update('x', {}),
  'DELETE /v1/providers/{id}': (client) => client.providers.delete('x'),
  'GET /v1/queues': (client) => client.queues.list(),
  'PUT /v1/queues/{name}': (client) => client.queues.put('x', {}),
  'DELETE /v1/queues/{name}': (client) => client.queues.delete('x'),
  'POST /v1/queues/{name}/pause': (client) => client.queues.pause('x'),
  'POST /v1/queues/{name}/resume': (client) => client.queues.resume('x'),
  'GET /v1/limits': (client) => client.limits.list(),
  'PUT /v1/limits/{key}': (client) => client.limits.put('x', 1),
  'DELETE /v1/limits/{key}': (client) => client.limits.delete('x'),
  'GET /v1/pools': (client) => client.pools.list(),
  'PUT /v1/pools/{name}': (client) => client.pools.put('x', { template: { image: 'x' } }),
  'DELETE /v1/pools/{name}': (client) => client.pools.delete('x'),
  'GET /v1/tokens': (client) => client.tokens.list(),
  'POST /v1/tokens': (client) => client.tokens.create({ name: 'x', scopes: ['read'] }),
  'DELETE /v1/tokens/{id}': (client) => client.tokens.revoke('x'),
};

test('everything that can be asked for has a method of the client that asks for it, or a reason', async () => {
  const { body } = await api.app.inject('/openapi.json');
  const operations = new OpenApiDocument(body).operations.map(({ method, path }) => `${method} ${path}`);
  expect(Object.keys(CALLS).toSorted()).toEqual(operations.toSorted());
  for (const [operation, call] of Object.entries(CALLS)) {
    if (typeof call === 'string') continue;
    const asked: string[] = [];
    const client = new HodeiClient({
      baseUrl: 'http://server.test',
      fetch: async (input, init) => {
        const { pathname } = new URL(input instanceof Request ? input.url : input);
        asked.push(`${init?.method ?? 'GET'} ${pathname}`);
        return new Response('{"code":"invalid_input"}', { status: 400 });
      },
    });
    await expect(call(client)).rejects.toMatchObject({ name: 'HodeiClientError', code: 'invalid_input' });
    expect(asked).toEqual([operation.replace(/\{\w+\}/, 'x')]);
  }
});

test('jobs that are submitted in one turn get the answers that they get alone', async () => {
  const asked: string[] = [];
  const client = new HodeiClient({
    baseUrl: 'http://localhost',
    fetch: async (input, init = {}) => {
      const url = input instanceof Request ? input.url : String(input);
      asked.push(new URL(url).pathname);
      const headers = Object.fromEntries(new Headers(init.headers));
      const answer = await api.app.inject({ method: 'POST', url, headers, payload: init.body as string });
      return new Response(answer.body, { status: answer.statusCode });
    },
  });
  const inputs: readonly Client.JobInput[] = [
    { image: 'tool', command: ['true'], name: 'first' },
    { image: 'tool', command: [] },
    { image: 'tool', command: ['true'], resources: { cpu: 1000 } },
    { image: 'tool', script: 'true', name: 'last' },
  ];
  const submit = async (input: Client.JobInput, signal?: AbortSignal): Promise<object> => {
    try {
      const { name, state, attempts } = await client.jobs.submit(input, signal === undefined ? {} : { signal });
      return { name, state, attempts };
    } catch (error) {
      const { code, status, message, retryable } = error as Client.HodeiClientError;
      return { code, status, message, retryable };
    }
  };
  const together = await Promise.all(inputs.map((input) => submit(input)));
  expect(asked).toEqual(['/v1/jobs/batch', '/v1/jobs', '/v1/jobs']);
  const alone = await Promise.all(inputs.map((input) => submit(input, new AbortController().signal)));
  expect(asked).toHaveLength(3 + inputs.length);
  expect(together).toEqual(alone);
  expect(together).toMatchObject([{ name: 'first' }, { status: 400 }, { status: 422 }, { name: 'last' }]);
});
