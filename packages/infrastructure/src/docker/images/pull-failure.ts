import { HodeiError, type ErrorCode } from '@hodei/domain';

/** The circumstances of a pull, for the error. */
export interface PullContext {
  readonly image: string;
  readonly registry: string;
  readonly architecture?: string | undefined;
  readonly hadCredentials: boolean;
  /** See `FoundCredentials`. */
  readonly credentialsInHelper: boolean;
}

interface FailureRule {
  readonly words: RegExp;
  readonly code: ErrorCode;
  message(context: PullContext): string;
}

/** In this order, the first that fits. The words are those of moby 20.10 to 28 (distribution/) and of Go's net. */
const RULES: readonly FailureRule[] = [
  {
    // The engine's trouble, and not the image's: it can take no work until there is space.
    words: /no space left on device/i,
    code: 'provider_unavailable',
    message: ({ image }) =>
      `the Docker Engine's disk is full, so ${image} can't be pulled; free some with "docker system prune"`,
  },
  {
    words: /toomanyrequests|too many requests|rate limit/i,
    code: 'image_pull_failed',
    message: ({ image, registry }) =>
      `${registry} allows no more pulls for now, so ${image} can't be had; log in to it or wait`,
  },
  {
    words: /invalid reference format|repository name must be lowercase/i,
    code: 'invalid_input',
    message: ({ image }) => `image "${image}" is malformed; it must be like "busybox" or "ghcr.io/team/tool:1.2"`,
  },
  {
    words: /no matching manifest|does not match the specified platform|cannot satisfy platform/i,
    code: 'image_not_found',
    message: ({ image, architecture }) =>
      `${image} is not there for ${architecture ?? "the engine's architecture"}; name one that is`,
  },
  {
    words: /manifest unknown|manifest for .* not found|name unknown|repository .* not found|: not found/i,
    code: 'image_not_found',
    message: ({ image, registry }) => `${registry} has no image ${image}; check its name and tag`,
  },
  {
    words:
      /unauthorized|no basic auth credentials|authentication required|incorrect username or password|403 forbidden|401 unauthorized/i,
    code: 'image_pull_denied',
    message: denied,
  },
];

/** Docker Hub does not say whether a repository is missing or private. */
const ACCESS_DENIED = /pull access denied|access to the resource is denied|insufficient_scope|denied:/i;

/** Go's words for a registry that can't be talked to. */
const UNREACHABLE =
  /dial tcp|lookup .*|no such host|i\/o timeout|connection re(fused|set)|TLS handshake|x509|tls: |Client\.Timeout|deadline exceeded|gave HTTP response to HTTPS client|proxyconnect|unexpected EOF|\bEOF$/i;

/**
 * What a refused or broken pull means.
 *
 * @param words the engine's own.
 */
export function pullFailure(words: string, context: PullContext, cause: unknown): HodeiError {
  const { image, registry } = context;
  const fail = (code: ErrorCode, message: string): HodeiError =>
    new HodeiError(code, `${message} (${words})`, {
      cause,
      details: { image, registry, engineMessage: words.slice(0, 2000) },
    });
  if (ACCESS_DENIED.test(words)) {
    if (registry !== 'docker.io' || context.hadCredentials) return fail('image_pull_denied', denied(context));
    return fail(
      'image_not_found',
      `Docker Hub has no image ${image}, or it is private: check its name, and give credentials for docker.io if it is${helperNote(context)}`,
    );
  }
  if (UNREACHABLE.test(words))
    return fail(
      'image_pull_failed',
      `the Docker Engine can't reach ${registry} to pull ${image}; check its network, proxy and certificates, or load the image with "docker load"`,
    );
  const rule = RULES.find((each) => each.words.test(words));
  if (rule !== undefined) return fail(rule.code, rule.message(context));
  return fail('image_pull_failed', `the Docker Engine could not pull ${image}`);
}

function denied(context: PullContext): string {
  const what = context.hadCredentials ? 'with the credentials it was given' : 'without credentials';
  return `${context.registry} refused ${context.image} ${what}; set registryAuth for it or run "docker login ${context.registry}"${helperNote(context)}`;
}

const helperNote = ({ credentialsInHelper }: PullContext): string =>
  credentialsInHelper ? ' (those in a credential helper are not read: set registryAuth)' : '';
