import { open, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

import { findEngine } from '../../../../scripts/engine/reach-engine.ts';
import type { PrivateEngine } from '../../../../scripts/private-engine/private-engine.ts';
import { startPrivateEngine } from '../../../../scripts/private-engine/start-private-engine.ts';
import { privateEngineIsLeftOut } from '../../../../scripts/private-engine/why-no-private-engine.ts';
import { openService, type Service } from './open-service.ts';

const DISK_BYTES = 64 * 1024 * 1024;

describe.skipIf(privateEngineIsLeftOut('apps/server/test/trouble/engine-disk-full'))(
  'an engine whose disk is full',
  () => {
    const stack = new AsyncDisposableStack();
    let engine: PrivateEngine;
    let service: Service;
    beforeAll(async () => {
      const { endpoint } = await findEngine();
      const images = [inject('images').busybox];
      engine = stack.use(await startPrivateEngine({ from: endpoint, images, diskBytes: DISK_BYTES }));
      service = stack.use(await openService(engine));
    });
    afterAll(() => stack.disposeAsync());

    it('says so by its health, lets jobs wait, and runs them when there is space again', async () => {
      const filler = join(dirname(engine.socketPath), 'data', 'filler');
      await fill(filler);
      const id = await service.submit({ script: 'echo at last' });
      await expect
        .poll(async () => (await service.attempts(id))[0]?.outcome?.cause, { timeout: 20_000 })
        .toBe('provider_unavailable');
      await service.happens('provider.degraded');
      await rm(filler);
      expect(await service.ended(id)).toMatchObject({ state: 'succeeded' });
      expect(await service.output(id)).toBe('at last\n');
      await service.expectNothingLeft();
    });
  },
);

/** Writes until nothing more fits. */
async function fill(path: string): Promise<void> {
  await using file = await open(path, 'w');
  for (let size = 1024 * 1024; size >= 1; size = Math.floor(size / 2)) {
    const block = Buffer.alloc(size, 1);
    for (let fits = true; fits;) {
      fits = await file.write(block).then(
        ({ bytesWritten }) => bytesWritten === size,
        () => false,
      );
    }
  }
}
