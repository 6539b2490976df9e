import type { ErrorCode } from '@hodei/domain';

import type { EngineAnswer } from './engine-answer.ts';
import type { DockerCall } from './docker-call.ts';

/**
 * Situations that a caller decides on, which are no failures of their own. They are in the error's
 * `details.condition`.
 */
export type EngineCondition = 'name-in-use' | 'being-removed' | 'not-running' | 'already-started';

/** What an answer means. */
export interface AnswerMeaning {
  readonly code: ErrorCode;
  readonly message: string;
  readonly condition?: EngineCondition;
}

interface AnswerRule {
  /** Absent: any status. */
  readonly status?: readonly number[];
  readonly words: RegExp;
  meaning(call: DockerCall, words: string): AnswerMeaning;
}

const PROGRAM =
  /exec: "([^"]*)": (?:stat .*: no such file or directory|executable file not found|no such file or directory)/;

/**
 * In this order, the first that fits. The words are those of moby 20.10 to 28 (daemon/, container/, runc) and
 * of podman's compatible API. What fits nowhere is never guessed at.
 */
export const ANSWER_RULES: readonly AnswerRule[] = [
  {
    status: [304],
    words: /already started/i,
    meaning: () => ({ code: 'conflict', message: 'the worker runs already', condition: 'already-started' }),
  },
  {
    status: [304],
    words: /already stopped/i,
    meaning: () => ({ code: 'conflict', message: 'the worker does not run any more', condition: 'not-running' }),
  },
  {
    status: [400],
    words: /HTTP request to an HTTPS server/i,
    meaning: () => ({
      code: 'config_invalid',
      message:
        'the Docker Engine speaks TLS here: set DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH, or give the connection "tls"',
    }),
  },
  {
    status: [401, 403],
    words: /^/,
    meaning: ({ doing }, words) => ({
      code: 'authentication_failed',
      message: `the Docker Engine refused ${doing}: ${words}; check the client's certificate and the engine's authorization plugin`,
    }),
  },
  {
    words: /no such container/i,
    meaning: ({ subject = 'the worker' }) => ({
      code: 'worker_not_found',
      message: `the Docker Engine has no container for ${subject}`,
    }),
  },
  {
    words: /no such image/i,
    meaning: ({ subject }, words) => ({
      code: 'image_not_found',
      message: `the Docker Engine does not have the image${subject === undefined ? '' : ` ${subject}`} (${words}); pull it, or let the pull policy do so`,
    }),
  },
  {
    words: /network [^:]*not found|could not find (?:a )?network|unable to find network/i,
    meaning: ({ network }, words) => ({
      code: 'network_not_found',
      message: `the Docker Engine has no network ${network === undefined ? `of this name (${words})` : `"${network}"`}; make it with "docker network create", or use "none" or "bridge"`,
    }),
  },
  {
    status: [409],
    words: /is already in use by/i,
    meaning: (_, words) => ({
      code: 'name_taken',
      message: `the name is taken on the Docker Engine: ${words}`,
      condition: 'name-in-use',
    }),
  },
  {
    // Of its log, while somebody removes it.
    words: /container which is dead or marked for removal/i,
    meaning: ({ subject = 'the worker' }, words) => ({
      code: 'worker_not_found',
      message: `${subject} is being removed: ${words}`,
    }),
  },
  {
    words: /removal of container .* is already in progress|is marked for removal|is being removed/i,
    meaning: (_, words) => ({
      code: 'conflict',
      message: `the worker is being removed already: ${words}`,
      condition: 'being-removed',
    }),
  },
  {
    // Also a 500: forced removal of a container that is just exiting.
    words: /is not running|no such process|process already finished/i,
    meaning: (_, words) => ({
      code: 'conflict',
      message: `the worker does not run: ${words}`,
      condition: 'not-running',
    }),
  },
  {
    words:
      /minimum memory limit|range of cpus|argument list too long|pids limit|memory limit too low|is lower than the minimum|invalid pids/i,
    meaning: ({ doing }, words) => ({
      code: 'limit_exceeded',
      message: `the Docker Engine can't give these limits while ${doing}: ${words}`,
    }),
  },
  {
    words:
      /nanocpus can not be set|--storage-opt is supported only|storage-opt.*not supported|could not select device driver|unknown (?:or invalid )?runtime|does not support .*(?:limit|cgroup)|does not match the (?:specified|detected host) platform/i,
    meaning: ({ doing }, words) => ({
      code: 'unsupported',
      message: `the Docker Engine does not support what ${doing} needs: ${words}`,
    }),
  },
  {
    words: /bind source path does not exist|invalid mount config|invalid volume specification/i,
    meaning: (_, words) => ({
      code: 'config_invalid',
      message: `a mount of the provider's configuration can't be made: ${words}`,
    }),
  },
  { words: PROGRAM, meaning: missingProgram },
  {
    words: /invalid reference format/i,
    meaning: ({ subject = 'the image' }) => ({
      code: 'invalid_input',
      message: `${subject} is no name of an image; one looks like "busybox" or "ghcr.io/team/tool:1.2"`,
    }),
  },
  {
    words: /no space left on device/i,
    meaning: ({ doing }, words) => ({
      code: 'provider_unavailable',
      message: `the Docker Engine's disk is full while ${doing}: ${words}`,
    }),
  },
  {
    // Its machine is short of something, or its containerd is going down.
    status: [500],
    words:
      /cannot allocate memory|resource temporarily unavailable|too many open files|context canceled|context deadline exceeded|transport is closing|ttrpc: closed|containerd\.sock|error while dialing/i,
    meaning: ({ doing }, words) => ({
      code: 'provider_unavailable',
      message: `the Docker Engine is in trouble while ${doing}: ${words}`,
    }),
  },
  {
    status: [502, 503, 504],
    words: /^/,
    meaning: ({ doing }, words) => ({
      code: 'provider_unavailable',
      message: `the Docker Engine is not available for ${doing}: ${words}`,
    }),
  },
];

/** In the container's first process: a worker needs `/bin/sh`, a direct one what the job names. */
function missingProgram({ firstProcess, subject }: DockerCall, words: string): AnswerMeaning {
  const program = PROGRAM.exec(words)?.[1] ?? '';
  if (firstProcess === 'job') return { code: 'command_not_found', message: `the image has no program "${program}"` };
  if (firstProcess === 'launcher') {
    return {
      code: 'image_without_shell',
      message: `the image${subject === undefined ? '' : ` ${subject}`} has no /bin/sh, which takes the launch order; use one that has, or direct mode`,
    };
  }
  return { code: 'start_failed', message: `a program is not in the image: ${words}` };
}

/** The first rule that fits; nothing where none does. */
export function meaningOf(answer: EngineAnswer, call: DockerCall): AnswerMeaning | undefined {
  const rule = ANSWER_RULES.find(
    ({ status, words }) => (status?.includes(answer.status) ?? true) && words.test(answer.words),
  );
  return rule?.meaning(call, answer.words);
}
