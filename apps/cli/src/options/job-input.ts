import type { JobInput } from '@hodei/domain';

import { defined } from '../defined.ts';
import { parseEnv, parseLabels, parseSecrets } from './parse-pairs.ts';

/** The options of `hodei run` that say what to run, as commander gives them. */
export interface JobOptions {
  readonly image?: string;
  readonly cpu?: number;
  /** Bytes. */
  readonly memory?: number;
  readonly pids?: number;
  readonly env?: readonly string[];
  readonly secret?: readonly string[];
  readonly label?: readonly string[];
  readonly workdir?: string;
  readonly network?: string;
  /** Milliseconds. */
  readonly timeout?: number;
  readonly retries?: number;
  /** Bytes. */
  readonly maxOutput?: number;
  readonly priority?: number;
  readonly queue?: string;
  readonly tenant?: string;
  readonly concurrencyKey?: string;
  /** Milliseconds since 1970. */
  readonly notBefore?: number;
  /** Milliseconds. */
  readonly waitTimeout?: number;
  readonly name?: string;
  readonly arch?: string;
}

/** @throws HodeiError `invalid_input` for a malformed K=V, or a secret that the environment does not have. */
export function toJobInput(command: readonly string[], options: JobOptions, env: NodeJS.ProcessEnv): JobInput {
  const {
    image,
    cpu,
    memory: memoryBytes,
    pids,
    workdir,
    network,
    timeout: timeoutMs,
    retries,
    maxOutput: maxOutputBytes,
    priority,
    queue,
    tenant,
    concurrencyKey,
    notBefore,
    waitTimeout: waitTimeoutMs,
    name,
    arch,
  } = options;
  return {
    ...(command.length === 0 ? {} : { command }),
    env: parseEnv('--env', options.env ?? [], env),
    secrets: parseSecrets('--secret', options.secret ?? [], env),
    labels: parseLabels('--label', options.label ?? []),
    resources: defined({ cpu, memoryBytes, pids }),
    ...defined({ image, workdir, network, timeoutMs, maxOutputBytes, priority, name }),
    ...defined({ queue, tenant, concurrencyKey, notBefore, waitTimeoutMs }),
    ...(retries === undefined ? {} : { retry: { maxAttempts: retries + 1 } }),
    ...(arch === undefined ? {} : { requirements: { architecture: arch } }),
  };
}
