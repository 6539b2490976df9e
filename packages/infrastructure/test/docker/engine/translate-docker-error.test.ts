import { HodeiError } from '@hodei/domain';
import { describe, expect, test } from 'vitest';

import type { DockerCall } from '../../../src/docker/engine/docker-call.ts';
import { conditionOf, translateDockerError } from '../../../src/docker/engine/translate-docker-error.ts';

const WHERE = 'unix:///var/run/docker.sock (default socket)';
const CALL: DockerCall = { doing: 'starting worker w', subject: 'worker w', otherwise: 'start_failed' };

/** As docker-modem makes it. */
const answer = (status: number, words: string, reason = 'reason'): Error =>
  Object.assign(new Error(`(HTTP code ${status}) ${reason} - ${words} `), {
    statusCode: status,
    reason,
    json: words === '' ? undefined : { message: words },
  });

/** As Node makes it. */
const systemError = (code: string, message = `connect ${code}`): Error => Object.assign(new Error(message), { code });

// The words are those that engines sent.
const OCI =
  'failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: ';

describe("an engine's answer", () => {
  test.each([
    [404, 'No such container: abc', {}, 'worker_not_found'],
    [404, 'No such image: nope:latest', { subject: 'nope' }, 'image_not_found'],
    [404, 'network nope not found', { network: 'nope' }, 'network_not_found'],
    [
      409,
      'Conflict. The container name "/x" is already in use by container "abc". You have to remove (or rename) that container to be able to reuse that name.',
      {},
      'name_taken',
    ],
    [409, 'removal of container abc is already in progress', {}, 'conflict'],
    [500, 'Cannot kill container: abc: Container abc is not running', {}, 'conflict'],
    [400, 'Minimum memory limit allowed is 6MB', {}, 'limit_exceeded'],
    [400, 'Range of CPUs is from 0.01 to 2.00, as there are only 2 CPUs available', {}, 'limit_exceeded'],
    [
      400,
      'NanoCPUs can not be set, as your kernel does not support CPU CFS scheduler or the cgroup is not mounted',
      {},
      'unsupported',
    ],
    [500, "--storage-opt is supported only for overlay over xfs with 'pquota' mount option", {}, 'unsupported'],
    [500, 'could not select device driver "" with capabilities: [[gpu]]', {}, 'unsupported'],
    [400, 'Unknown runtime specified nope', {}, 'unsupported'],
    [500, 'unknown or invalid runtime name: nope', {}, 'unsupported'],
    [
      400,
      `${OCI}exec: "/bin/sh": stat /bin/sh: no such file or directory: unknown`,
      { firstProcess: 'launcher' },
      'image_without_shell',
    ],
    [
      400,
      `${OCI}exec: "nope": executable file not found in $PATH: unknown`,
      { firstProcess: 'job' },
      'command_not_found',
    ],
    [500, `${OCI}container init was OOM-killed (memory limit too low?): unknown`, {}, 'limit_exceeded'],
    [400, 'invalid mount config for type "bind": bind source path does not exist: /nope', {}, 'config_invalid'],
    [500, 'write /var/lib/docker/x: no space left on device', {}, 'provider_unavailable'],
    [500, 'fork/exec /usr/bin/containerd-shim-runc-v2: cannot allocate memory', {}, 'provider_unavailable'],
    [500, 'failed to create shim task: ttrpc: closed: unknown', {}, 'provider_unavailable'],
    [409, 'can not get logs from container which is dead or marked for removal', {}, 'worker_not_found'],
    [400, 'invalid reference format: repository name must be lowercase', { subject: 'Nope' }, 'invalid_input'],
    [400, 'Client sent an HTTP request to an HTTPS server.', {}, 'config_invalid'],
    [403, 'authorization denied by plugin x: no', {}, 'authentication_failed'],
    [503, 'Service Unavailable', {}, 'provider_unavailable'],
  ] as const)('%i "%s" is read with %j as %s', (status, words, call, code) => {
    const cause = answer(status, words);
    const error = translateDockerError(cause, { ...CALL, ...call }, WHERE);
    expect(error).toMatchObject({ code, cause, details: { status, engineMessage: words } });
  });

  test('that no rule covers keeps its words and is never guessed as not found', () => {
    for (const status of [404, 409, 500]) {
      expect(translateDockerError(answer(status, 'page not found'), CALL, WHERE)).toMatchObject({
        code: 'start_failed',
        message: expect.stringContaining('page not found'),
      });
      expect(translateDockerError(answer(status, 'page not found'), { doing: 'x' }, WHERE)).toMatchObject({
        code: 'internal',
      });
    }
  });

  test.each([
    [answer(409, 'Conflict. The container name "/x" is already in use by container "abc".'), 'name-in-use'],
    [answer(409, 'removal of container abc is already in progress'), 'being-removed'],
    [answer(500, 'Could not kill running container abc, cannot remove - Container abc is not running'), 'not-running'],
    [answer(304, '', 'container already started'), 'already-started'],
    [answer(304, '', 'container already stopped'), 'not-running'],
    [answer(404, 'No such container: abc'), undefined],
  ])('tells of the situation: %s', (cause, condition) => {
    expect(conditionOf(translateDockerError(cause, CALL, WHERE))).toBe(condition);
  });

  test('of a stream, which has no JSON, is read from the message', () => {
    const cause = Object.assign(new Error('(HTTP code 404) unexpected - No such container: abc '), { statusCode: 404 });
    expect(translateDockerError(cause, CALL, WHERE)).toMatchObject({
      code: 'worker_not_found',
      details: { engineMessage: 'No such container: abc' },
    });
  });
});

describe('an engine that does not answer', () => {
  test.each([
    [systemError('ECONNREFUSED'), 'provider_unavailable', 'start the Docker Engine'],
    [systemError('ENOENT'), 'provider_unavailable', 'no such socket'],
    [systemError('EACCES'), 'provider_unavailable', 'docker group'],
    [systemError('ENOTFOUND'), 'provider_unavailable', 'no host has this name'],
    [systemError('ECONNRESET', 'socket hang up'), 'provider_unavailable', 'broke off'],
    [new Error('socket hang up'), 'provider_unavailable', 'broke off'],
    [new Error('aborted'), 'provider_unavailable', 'broke off'],
    [systemError('ETIMEDOUT'), 'provider_unavailable', 'does not answer'],
    [systemError('HPE_INVALID_CONSTANT', 'Parse Error: Expected HTTP/'), 'provider_unavailable', 'no Docker Engine'],
    [systemError('EPROTO', 'write EPROTO wrong version number'), 'config_invalid', 'does not speak TLS'],
    [systemError('DEPTH_ZERO_SELF_SIGNED_CERT'), 'authentication_failed', "can't be trusted"],
    [systemError('ERR_TLS_CERT_ALTNAME_INVALID'), 'authentication_failed', 'another host'],
    [
      systemError('ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'tlsv13 alert certificate required'),
      'authentication_failed',
      "client's certificate",
    ],
    [new Error('Host denied (verification failed)'), 'authentication_failed', 'known_hosts'],
    [new Error('All configured authentication methods failed'), 'authentication_failed', 'ssh key'],
  ])('%s becomes %s and says what to do', (cause, code, words) => {
    const error = translateDockerError(cause, CALL, WHERE);
    expect(error).toMatchObject({ code, cause });
    expect(error.message).toContain(WHERE);
    expect(error.message).toContain(words);
  });

  test('an error that nobody knows is internal, with its words', () => {
    expect(translateDockerError(new TypeError('x is undefined'), CALL, WHERE)).toMatchObject({
      code: 'internal',
      message: expect.stringContaining('x is undefined'),
    });
  });

  test('an error that is translated already stays as it is', () => {
    const error = new HodeiError('image_pull_timeout', 'no progress');
    expect(translateDockerError(error, CALL, WHERE)).toBe(error);
  });
});
