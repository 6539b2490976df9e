import { HodeiError } from '@hodei/domain';

interface ConnectionFault {
  readonly code: 'provider_unavailable' | 'authentication_failed' | 'config_invalid';
  readonly message: string;
}

const unreachable = (why: string): ConnectionFault => ({ code: 'provider_unavailable', message: why });
const BROKEN_OFF = unreachable('the connection broke off; the engine may be restarting');
const UNTRUSTED: ConnectionFault = {
  code: 'authentication_failed',
  message: "its TLS certificate can't be trusted; give the CA that signed it",
};
const NO_TLS: ConnectionFault = {
  code: 'config_invalid',
  message: 'it does not speak TLS; unset DOCKER_TLS_VERIFY, or take "tls" out of the connection',
};

/** By the code of the system's or OpenSSL's error; with what a person can do. */
const FAULTS: Readonly<Record<string, ConnectionFault>> = {
  ECONNREFUSED: unreachable('nobody listens there; start the Docker Engine, or set DOCKER_HOST to where it is'),
  ENOENT: unreachable('there is no such socket; start the Docker Engine, or set DOCKER_HOST to where it is'),
  ENOTSOCK: unreachable('this is no socket; set DOCKER_HOST to where the Docker Engine is'),
  EACCES: unreachable(
    'permission denied; add this user to the docker group ("usermod -aG docker <user>", then log in again), or use a rootless engine',
  ),
  EPERM: unreachable(
    'permission denied; add this user to the docker group ("usermod -aG docker <user>", then log in again), or use a rootless engine',
  ),
  ENOTFOUND: unreachable('no host has this name; correct DOCKER_HOST or the connection'),
  EAI_AGAIN: unreachable("the name can't be looked up now"),
  EHOSTUNREACH: unreachable('there is no way to this host'),
  ENETUNREACH: unreachable('there is no way to this network'),
  EHOSTDOWN: unreachable('the host is down'),
  ETIMEDOUT: unreachable('it does not answer'),
  ECONNRESET: BROKEN_OFF,
  ECONNABORTED: BROKEN_OFF,
  EPIPE: BROKEN_OFF,
  ERR_STREAM_PREMATURE_CLOSE: BROKEN_OFF,
  EMFILE: unreachable('this process has too many files open; raise its limit'),
  CERT_HAS_EXPIRED: { code: 'authentication_failed', message: 'its TLS certificate has expired' },
  DEPTH_ZERO_SELF_SIGNED_CERT: UNTRUSTED,
  SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED,
  ERR_TLS_CERT_ALTNAME_INVALID: { code: 'authentication_failed', message: 'its TLS certificate is for another host' },
  ERR_SSL_WRONG_VERSION_NUMBER: NO_TLS,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: NO_TLS,
  EPROTO: NO_TLS,
};

/** By the first words of an error without a code. */
const WORDS: readonly (readonly [RegExp, ConnectionFault])[] = [
  [
    /certificate required|bad certificate|unknown ca|ERR_SSL_.*(CERTIFICATE|UNKNOWN_CA)/i,
    { code: 'authentication_failed', message: "it refused the client's certificate" },
  ],
  [/socket hang up|aborted|premature close/i, BROKEN_OFF],
  [
    /host denied|verification failed/i,
    {
      code: 'authentication_failed',
      message: 'its host key is not in known_hosts; connect once with ssh and check the key',
    },
  ],
  [
    /authentication methods failed/i,
    {
      code: 'authentication_failed',
      message: 'it refused the ssh key; load one into the agent or give privateKeyFile',
    },
  ],
  [/^Parse Error|Expected HTTP/i, unreachable('what answers there is no Docker Engine')],
];

/**
 * The error for a call that got no answer; nothing where the error is no connection's.
 *
 * @param where the description of the endpoint.
 */
export function connectionError(error: unknown, where: string): HodeiError | undefined {
  if (!(error instanceof Error)) return undefined;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const fault = WORDS.find(([words]) => words.test(`${error.message} ${code}`))?.[1] ?? FAULTS[code];
  if (fault === undefined) return undefined;
  const original = code === '' ? error.message : code;
  return new HodeiError(fault.code, `the Docker Engine at ${where} can't be reached: ${fault.message} (${original})`, {
    cause: error,
    details: { endpoint: where },
  });
}
