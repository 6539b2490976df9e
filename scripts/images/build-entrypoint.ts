import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EngineEndpoint } from '../engine/engine-address.ts';
import { exportImage, importImage } from './image-store.ts';

/** An image that sets everything that a job may leave to its image. */
export const buildEntrypoint = async (engine: EngineEndpoint, busybox: string, image: string): Promise<void> => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'hodei-entrypoint-'));
  const root = join(folder.path, 'root');
  await exportImage(engine, busybox, root);
  await importImage(engine, root, image, [
    'ENTRYPOINT ["/bin/echo"]',
    'CMD ["from","cmd"]',
    'ENV GREETING=hello',
    'WORKDIR /tmp',
    'USER 1000:1000',
  ]);
};
