import { isHodeiError, toHodeiError } from '@hodei/domain';
import { z } from 'zod';

import type { App } from '../app.ts';
import type { HttpContext } from '../http-context.ts';

const Check = z.strictObject({ name: z.string(), ok: z.boolean(), reason: z.string().exactOptional() });

const Health = z.strictObject({ status: z.literal('ok'), version: z.string() }).meta({ id: 'Health' });
const Readiness = z.strictObject({ ready: z.boolean(), checks: z.array(Check) }).meta({ id: 'Readiness' });

type Check = z.output<typeof Check>;

/** How long a check may take, in milliseconds: who asks has little patience. */
const CHECK_MS = 2000;

export function addHealthRoutes(app: App, http: HttpContext): void {
  app.get(
    '/healthz',
    {
      // Some load balancers ask so.
      exposeHeadRoute: true,
      schema: {
        tags: ['health'],
        summary: 'Whether the process answers',
        response: { 200: Health },
      },
    },
    async () => ({ status: 'ok', version: http.version }),
  );

  app.get(
    '/readyz',
    {
      exposeHeadRoute: true,
      schema: {
        tags: ['health'],
        summary: 'Whether it can do its work',
        description:
          'The database answers and has the schema of this version, this instance is alive and not draining, and a provider is healthy.',
        response: { 200: Readiness, 503: Readiness },
      },
    },
    async (_, reply) => {
      const checks = await examine(http);
      const ready = checks.every(({ ok }) => ok);
      return reply.code(ready ? 200 : 503).send({ ready, checks });
    },
  );
}

async function examine(http: HttpContext): Promise<readonly Check[]> {
  let life;
  try {
    life = http.life();
  } catch (error) {
    return [{ name: 'instance', ok: false, reason: toHodeiError(error).message }];
  }
  const { repositories, clock, registry } = life.context;
  const within = async <T>(
    name: string,
    work: () => Promise<T>,
    judge: (value: T) => string | undefined,
  ): Promise<Check> => {
    const enough = new AbortController();
    try {
      const late = clock.sleep(CHECK_MS, enough.signal).then(() => Promise.reject(new Error('no answer in time')));
      const reason = judge(await Promise.race([work(), late]));
      return { name, ok: reason === undefined, ...(reason === undefined ? {} : { reason }) };
    } catch (error) {
      return { name, ok: false, reason: isHodeiError(error) ? error.code : 'no answer in time' };
    } finally {
      enough.abort();
    }
  };
  const draining = http.isDraining();
  return [
    { name: 'instance', ok: !draining, ...(draining ? { reason: 'draining' } : {}) },
    // Opening the store has brought the schema up to date; a database that answers is one that has it.
    await within(
      'database',
      () => repositories.instances.listLive(),
      () => undefined,
    ),
    await within(
      'provider',
      () => registry.find(),
      (views) =>
        views.some(({ status }) => status === 'active' || status === 'degraded' || status === 'overloaded')
          ? undefined
          : 'no provider is healthy and active',
    ),
  ];
}
