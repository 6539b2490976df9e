import { describe, expect, test } from 'vitest';
import type { GetBench } from './get-bench.ts';

const PULL_FAILURES = /^(image_not_found|image_pull_denied|image_pull_failed|image_pull_timeout)$/;

export function images(bench: GetBench): void {
  describe('prepareImage', () => {
    test('has nothing to do for an image that is there, however often', async () => {
      const { provider, harness } = bench();
      const image = { image: harness.image, pullPolicy: 'if-not-present' } as const;
      await Promise.all([provider.prepareImage(image), provider.prepareImage(image)]);
      await provider.prepareImage({ ...image, pullPolicy: 'never' });
    });

    test('says that an image which may not be pulled is not there', async (context) => {
      const { provider, harness } = bench();
      if (harness.missingImage === undefined) return context.skip('the provider has no images');
      const preparing = provider.prepareImage({ image: harness.missingImage, pullPolicy: 'never' });
      await expect(preparing).rejects.toMatchObject({ code: 'image_not_found' });
    });

    test('fails for an image that exists nowhere, and says how', async (context) => {
      const { provider, harness } = bench();
      if (harness.missingImage === undefined) return context.skip('the provider has no images');
      const preparing = provider.prepareImage({ image: harness.missingImage, pullPolicy: 'if-not-present' });
      // A registry that can't be reached, or that does not tell strangers what it has, knows no better.
      await expect(preparing).rejects.toMatchObject({ code: expect.stringMatching(PULL_FAILURES) as string });
    });

    test('is what createWorker waits for: without its image it makes nothing', async (context) => {
      const { provider, harness } = bench();
      if (harness.missingImage === undefined) return context.skip('the provider has no images');
      const spec = bench().spec({ image: harness.missingImage });
      await expect(provider.createWorker(spec)).rejects.toMatchObject({ code: 'image_not_found' });
      expect(await bench().listed(spec.workerId)).toEqual([]);
    });

    test('does not hide that an image has no shell', async (context) => {
      const { provider, harness } = bench();
      if (harness.shellless === undefined) return context.skip('the harness has no image without a shell');
      const spec = bench().spec({ image: harness.shellless.image });
      await expect(provider.createWorker(spec)).rejects.toMatchObject({ code: 'image_without_shell' });
      expect(await bench().listed(spec.workerId)).toEqual([]);
    });
  });
}
