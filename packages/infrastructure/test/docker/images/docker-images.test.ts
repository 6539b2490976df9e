import { describe, expect, test } from 'vitest';

import { DEFAULT_DOCKER_CONFIG } from '../../../src/docker/config/docker-config.ts';
import { DockerImages } from '../../../src/docker/images/docker-images.ts';
import { startFakeEngine, type FakeEngine } from '../support/fake-engine.ts';

/** An engine that has every image, and counts how often each is looked at. */
async function engineWithImages(): Promise<
  FakeEngine & { readonly looks: readonly string[]; readonly looked: Promise<void> }
> {
  const looks: string[] = [];
  const looked = Promise.withResolvers<void>();
  const fake = await startFakeEngine((request, response) => {
    looks.push(String(/images\/(.*)\/json/.exec(String(request.url))?.[1]));
    looked.resolve();
    const answer = { Id: `sha256:${looks.length}`, Config: {}, Architecture: 'amd64' };
    response.setHeader('content-type', 'application/json').end(JSON.stringify(answer));
  });
  return { ...fake, looks, looked: looked.promise };
}

const needing = (image: string) => ({ image, pullPolicy: 'if-not-present' as const });

describe('looking at an image', () => {
  test('is done once for all who want it in one turn of the event loop, each image for itself', async () => {
    await using fake = await engineWithImages();
    const images = new DockerImages(fake.engine, DEFAULT_DOCKER_CONFIG);
    await Promise.all(['one', 'two', 'one', 'one'].map((image) => images.prepare(needing(image))));
    expect(fake.looks.toSorted()).toEqual(['one', 'two']);
  });

  test('is done anew for whoever asks after a look has begun: it may have been put there since', async () => {
    await using fake = await engineWithImages();
    const images = new DockerImages(fake.engine, DEFAULT_DOCKER_CONFIG);
    const first = images.prepare(needing('one'));
    await fake.looked;
    const second = images.prepare(needing('one'));
    expect((await first).id).not.toBe((await second).id);
  });

  test('does not end for the others when one of them gives up', async () => {
    await using fake = await engineWithImages();
    const images = new DockerImages(fake.engine, DEFAULT_DOCKER_CONFIG);
    const reason = new Error('no longer wanted');
    const givesUp = new AbortController();
    const first = images.prepare(needing('one'), { signal: givesUp.signal });
    const second = images.prepare(needing('one'));
    givesUp.abort(reason);
    await expect(first).rejects.toBe(reason);
    expect((await second).id).toBe('sha256:1');
  });
});
