import { HodeiError } from '@hodei/domain';

/** The parts of an image's name. */
export interface ImageReference {
  /** Where it is pulled from; `docker.io` where the name has no host. */
  readonly registry: string;
  /** With its registry as the caller wrote it: `busybox`, `ghcr.io/team/tool`. */
  readonly name: string;
  /** A tag or a digest; `latest` where the caller gave none. Without one, an engine pulls every tag there is. */
  readonly tag: string;
}

const COMPONENT = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*';
const HOST = '(?:[a-zA-Z0-9-]+(?:\\.[a-zA-Z0-9-]+)*|\\[[0-9a-fA-F:]+\\])(?::[0-9]+)?';
// The grammar of github.com/distribution/reference.
const REFERENCE = new RegExp(
  `^(?<name>(?:(?<host>${HOST})/)?${COMPONENT}(?:/${COMPONENT})*)(?::(?<tag>\\w[\\w.-]{0,127}))?(?:@(?<digest>[a-z0-9]+:[0-9a-f]{32,}))?$`,
);

/** @throws HodeiError `invalid_input` where no engine could read the name. */
export function parseImageReference(image: string): ImageReference {
  const { name, host, tag, digest } = REFERENCE.exec(image)?.groups ?? {};
  if (name === undefined) {
    const hint = image === image.toLowerCase() ? '' : '; names are lower case';
    throw new HodeiError(
      'invalid_input',
      `image "${image.slice(0, 200)}" is malformed; it must be like "busybox" or "ghcr.io/team/tool:1.2"${hint}`,
      {
        details: { field: 'image' },
      },
    );
  }
  return { name, registry: isRegistry(host) ? host : 'docker.io', tag: digest ?? tag ?? 'latest' };
}

/** In `team/tool`, `team` is no host; in `localhost/tool`, `a.b/tool` and `a:5000/tool` it is one. */
const isRegistry = (host: string | undefined): host is string =>
  host !== undefined && (host === 'localhost' || /[.:[A-Z]/.test(host));
