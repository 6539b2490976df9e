import type { EpochMs } from '../clock.ts';
import { HodeiError } from '../errors.ts';
import { RESERVED_LABEL_PREFIX } from '../workers/labels.ts';
import type { Requirements } from '../providers/requirements.ts';
import type { Resources } from '../providers/resources.ts';

/** What the workers of one pool have in common. A job fits where it asks for just this; see `fitsTemplate`. */
export interface PoolTemplate {
  readonly image: string;
  readonly resources: Resources;
  /** `none`, `bridge` or the name of a network. */
  readonly network: string;
  /** Like `arm64`; absent: what the engine runs natively. */
  readonly architecture?: string;
  /** Put on each worker; only jobs that carry all of these labels fit. */
  readonly labels: Readonly<Record<string, string>>;
  /** The name of the only provider that may make its workers; absent: whichever the registry chooses. */
  readonly provider?: string;
  /** What a provider must offer to make its workers. */
  readonly requirements?: Requirements;
  /** Only jobs of this tenant fit; absent: of any, but where workers are reused, one tenant to a worker. */
  readonly tenant?: string;
  /**
   * Its workers share one empty network namespace, which starts them faster; only with network `none`. Without a tenant
   * only jobs without one fit.
   */
  readonly shareNetwork?: boolean;
}

/** `fixed`: as many idle workers as `minIdle`; `auto`: as arrivals and start times ask for, up to `maxIdle`. */
export type PoolPolicy = 'fixed' | 'auto';

/** What an operator decides of a pool. */
export interface PoolSettings {
  /** Unique in the installation. */
  readonly name: string;
  readonly template: PoolTemplate;
  /** How many workers shall wait, over all instances together. */
  readonly minIdle: number;
  /** How many may wait, over all instances together. */
  readonly maxIdle: number;
  /** How many of its workers may exist at once, busy ones included, over all instances: strict. */
  readonly maxWorkers: number;
  /** A worker that `minIdle` does not need is destroyed after it waited for so long, in milliseconds. */
  readonly idleTtlMs: number;
  /** How many jobs one worker runs, one after another; 1: each job gets a worker of its own. */
  readonly maxJobsPerWorker: number;
  readonly policy: PoolPolicy;
}

/** A pool as the database knows it. */
export interface Pool extends PoolSettings {
  readonly createdAt: EpochMs;
  readonly updatedAt: EpochMs;
  /** Grows by one with each change; changes are compare-and-set on it. */
  readonly version: number;
}

/** What an operator gives to have a pool; the rest has defaults. */
export interface PoolInput {
  readonly name: string;
  readonly template: Pick<PoolTemplate, 'image'> & Partial<PoolTemplate>;
  readonly minIdle?: number;
  readonly maxIdle?: number;
  readonly maxWorkers?: number;
  readonly idleTtlMs?: number;
  readonly maxJobsPerWorker?: number;
  readonly policy?: PoolPolicy;
}

const NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;
const POLICIES: readonly string[] = ['fixed', 'auto'] satisfies readonly PoolPolicy[];
const MOST_WORKERS = 10_000;
const MOST_JOBS_A_WORKER = 100_000;
const LONGEST_TTL_MS = 7 * 86_400_000;

/**
 * Checks what an operator gave, and fills in the defaults: one idle worker, up to as many as `minIdle` or twice
 * that where the policy is `auto`.
 * @throws HodeiError `invalid_input`; `details.field` names the field.
 */
export function checkPoolInput(input: PoolInput): PoolSettings {
  const { name, template, policy = 'fixed', minIdle = 1 } = input;
  if (!NAME.test(name))
    refuse('name', `pool name "${name}" must be 1 to 63 of a-z, 0-9 and "-", not beginning with "-"`);
  if (!POLICIES.includes(policy)) refuse('policy', `policy must be one of ${POLICIES.join(', ')}`);
  const maxIdle = input.maxIdle ?? (policy === 'auto' ? Math.max(1, minIdle * 2) : minIdle);
  const maxWorkers = input.maxWorkers ?? Math.max(1, maxIdle * 4);
  const { idleTtlMs = 600_000, maxJobsPerWorker = 1 } = input;
  assertWhole('minIdle', minIdle, 0, MOST_WORKERS);
  assertWhole('maxIdle', maxIdle, minIdle, MOST_WORKERS);
  assertWhole('maxWorkers', maxWorkers, Math.max(1, maxIdle), MOST_WORKERS);
  assertWhole('idleTtlMs', idleTtlMs, 1000, LONGEST_TTL_MS);
  assertWhole('maxJobsPerWorker', maxJobsPerWorker, 1, MOST_JOBS_A_WORKER);
  return { name, template: checkTemplate(template), minIdle, maxIdle, maxWorkers, idleTtlMs, maxJobsPerWorker, policy };
}

function checkTemplate(template: PoolInput['template']): PoolTemplate {
  const { image, resources = {}, network = 'none', labels = {}, ...rest } = template;
  if (image === '') refuse('template.image', 'the image of a pool must be named');
  for (const [resource, value] of Object.entries(resources as Readonly<Record<string, number>>)) {
    if (!Number.isFinite(value) || value < 0)
      refuse(`template.resources.${resource}`, `${resource} ${value} is no amount`);
  }
  for (const key of Object.keys(labels)) {
    if (key.startsWith(RESERVED_LABEL_PREFIX))
      refuse('template.labels', `label "${key}" begins with "${RESERVED_LABEL_PREFIX}", which is reserved`);
  }
  if (rest.shareNetwork === true && network !== 'none') {
    refuse(
      'template.shareNetwork',
      `workers share a network namespace only where their network is "none", not "${network}"`,
    );
  }
  return { image, resources, network, labels, ...rest };
}

function assertWhole(field: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  refuse(field, `${field} ${value} must be a whole number from ${least} to ${most}`);
}

function refuse(field: string, message: string): never {
  throw new HodeiError('invalid_input', message, { details: { field } });
}

/** @throws HodeiError `unknown_value` */
export function parsePoolPolicy(text: string): PoolPolicy {
  if (POLICIES.includes(text)) return text as PoolPolicy;
  throw new HodeiError('unknown_value', `"${text}" is no policy of a pool; known are ${POLICIES.join(', ')}`);
}
