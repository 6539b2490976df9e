import { describe, expect, test } from 'vitest';

import { pullFailure, type PullContext } from '../../../src/docker/images/pull-failure.ts';

const HUB: PullContext = { image: 'nope', registry: 'docker.io', hadCredentials: false, credentialsInHelper: false };
const OWN: PullContext = { ...HUB, image: 'reg.example/nope', registry: 'reg.example' };
const HUB_DENIAL =
  "pull access denied for nope, repository does not exist or may require 'docker login': denied: requested access to the resource is denied";

// The words are those that engines sent.
describe('a pull that failed', () => {
  test.each([
    ['manifest for reg.example/nope:latest not found: manifest unknown: manifest unknown', OWN, 'image_not_found'],
    [
      'repository reg.example/nope not found: name unknown: repository name not known to registry',
      OWN,
      'image_not_found',
    ],
    ['no matching manifest for linux/arm64/v8 in the manifest list entries', OWN, 'image_not_found'],
    [HUB_DENIAL, HUB, 'image_not_found'],
    [HUB_DENIAL, { ...HUB, hadCredentials: true }, 'image_pull_denied'],
    [HUB_DENIAL, OWN, 'image_pull_denied'],
    ['unauthorized: authentication required', OWN, 'image_pull_denied'],
    ['Head "https://reg.example/v2/nope/manifests/latest": no basic auth credentials', OWN, 'image_pull_denied'],
    ['Head "https://x/v2/": unauthorized: incorrect username or password', OWN, 'image_pull_denied'],
    ['toomanyrequests: You have reached your pull rate limit.', HUB, 'image_pull_failed'],
    [
      'Get "https://registry-1.docker.io/v2/": dial tcp: lookup registry-1.docker.io on 1.1.1.1:53: no such host',
      HUB,
      'image_pull_failed',
    ],
    ['Get "https://reg.example/v2/": x509: certificate signed by unknown authority', OWN, 'image_pull_failed'],
    ['Get "https://reg.example/v2/": net/http: TLS handshake timeout', OWN, 'image_pull_failed'],
    ['Get "https://reg.example/v2/": dial tcp 10.0.0.1:443: connect: connection refused', OWN, 'image_pull_failed'],
    ['write /var/lib/docker/tmp/GetImageBlob1: no space left on device', OWN, 'provider_unavailable'],
    ['something that nobody has seen', OWN, 'image_pull_failed'],
  ] as const)('with "%s"', (words, context, code) => {
    const error = pullFailure(words, context, undefined);
    expect(error.code).toBe(code);
    expect(error.message).toContain(context.image);
    expect(error.message).toContain(words);
  });

  test('says both readings where Docker Hub does not tell missing from private', () => {
    expect(pullFailure(HUB_DENIAL, HUB, undefined).message).toMatch(/has no image nope, or it is private/);
  });

  test('says that a credential helper is not read', () => {
    expect(pullFailure('unauthorized', { ...OWN, credentialsInHelper: true }, undefined).message).toContain(
      'credential helper',
    );
  });
});
