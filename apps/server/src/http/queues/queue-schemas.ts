import { z } from 'zod';

const MaxInFlight = z.int().min(1).max(1_000_000);

const queueFields = {
  name: z.string(),
  paused: z.boolean().describe('nothing of it is started; what runs goes on'),
  weight: z.int().describe('its share beside other queues'),
  maxInFlight: z.int().describe('absent: any number').exactOptional(),
};

export const QueueJson = z.strictObject(queueFields).meta({ id: 'Queue' });

export const QueueList = z
  .strictObject({ items: z.array(z.strictObject({ ...queueFields, pending: z.int(), inFlight: z.int() })) })
  .meta({ id: 'QueueList' });

/** What is absent takes its default. */
export const QueueInputJson = z
  .strictObject({
    paused: z.boolean().exactOptional(),
    weight: z.int().min(1).max(1000).exactOptional(),
    maxInFlight: MaxInFlight.exactOptional(),
  })
  .meta({ id: 'QueueInput' });

export const QueueParams = z.strictObject({ name: z.string().max(63) });

export const LimitJson = z.strictObject({ key: z.string(), maxInFlight: z.int() }).meta({ id: 'Limit' });

export const LimitList = z
  .strictObject({ items: z.array(z.strictObject({ key: z.string(), maxInFlight: z.int(), inFlight: z.int() })) })
  .meta({ id: 'LimitList' });

export const LimitInputJson = z.strictObject({ maxInFlight: MaxInFlight }).meta({ id: 'LimitInput' });

export const LimitParams = z.strictObject({ key: z.string().max(128).describe('"*" counts every job') });
