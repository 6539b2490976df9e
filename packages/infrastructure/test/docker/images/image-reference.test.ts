import { describe, expect, test } from 'vitest';

import { parseImageReference } from '../../../src/docker/images/image-reference.ts';

const DIGEST = `sha256:${'0a'.repeat(32)}`;

describe("an image's name", () => {
  test.each([
    ['busybox', 'docker.io', 'busybox', 'latest'],
    ['team/tool:1.2', 'docker.io', 'team/tool', '1.2'],
    ['ghcr.io/team/tool', 'ghcr.io', 'ghcr.io/team/tool', 'latest'],
    ['127.0.0.1:5000/tool:1', '127.0.0.1:5000', '127.0.0.1:5000/tool', '1'],
    ['localhost/tool', 'localhost', 'localhost/tool', 'latest'],
    ['[::1]:5000/tool', '[::1]:5000', '[::1]:5000/tool', 'latest'],
    [`tool@${DIGEST}`, 'docker.io', 'tool', DIGEST],
    [`tool:1@${DIGEST}`, 'docker.io', 'tool', DIGEST],
    ['a__b/c-d.e', 'docker.io', 'a__b/c-d.e', 'latest'],
  ])('%s is pulled from %s', (image, registry, name, tag) => {
    expect(parseImageReference(image)).toEqual({ registry, name, tag });
  });

  test.each(['', 'Tool', 'a//b', '../x', 'a/../../containers/b', 'a b', 'a:', 'a@b', 'a?b=c', 'a:b:c', '-a'])(
    '"%s" is refused',
    (image) => {
      expect(() => parseImageReference(image)).toThrow(
        expect.objectContaining({ code: 'invalid_input', details: { field: 'image' } }),
      );
    },
  );
});
