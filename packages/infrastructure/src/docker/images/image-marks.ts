import { createHash } from 'node:crypto';

import type { ProviderId } from '@hodei/domain';

import type { DockerEngine } from '../engine/docker-engine.ts';
import { parseImageReference } from './image-reference.ts';

/**
 * A tag in this repository says that this provider pulled the image, and under which name: the tag is a hash of
 * it. An image takes no label after it was built, but any number of tags; so the mark is where the image is, for
 * every instance, and goes with it. `.invalid` is no registry (RFC 2606).
 */
export const markRepository = (providerId: ProviderId): string => `hodei.invalid/pulled/${providerId}`;

/** The mark of a name. */
export const markFor = (providerId: ProviderId, image: string): string =>
  `${markRepository(providerId)}:${createHash('sha256').update(engineName(image)).digest('hex').slice(0, 32)}`;

/** An image's name as engines list it: without Docker Hub's own parts, with its tag. */
export function engineName(image: string): string {
  const { name, tag } = parseImageReference(image);
  const familiar = name.replace(/^docker\.io\//, '').replace(/^library\//, '');
  return tag.includes(':') ? `${familiar}@${tag}` : `${familiar}:${tag}`;
}

/** Remembers on the engine that this provider pulled the image under this name. */
export async function markPulled(engine: DockerEngine, providerId: ProviderId, image: string): Promise<void> {
  const [repo = '', tag = ''] = markFor(providerId, image).split(/:(?=[^:]*$)/);
  await engine.call({ doing: `marking image ${image} as pulled`, subject: image }, (docker, abortSignal) =>
    docker.getImage(image).tag({ repo, tag, abortSignal }),
  );
}
