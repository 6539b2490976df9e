import type { EpochMs } from '../clock.ts';
import { PRIORITY_POINT_MS } from '../jobs/turn.ts';

/** A job that may be claimed as far as its own row says. */
export interface ReadyJob {
  readonly id: string;
  readonly queue: string;
  /** Empty for a job without one. */
  readonly tenant: string;
  /** Its concurrency key, where that has a limit. */
  readonly limitedKey?: string;
  readonly priority: number;
  /** See {@link turnOf}. */
  readonly turn: number;
}

/**
 * What a queue (or, within a queue, a tenant) has had of what those beside it share. In virtual time: each start
 * moves `finish` by one part of the weight. `level` is how far the last of those beside it was at its last claim.
 */
export interface Share {
  readonly level: number;
  readonly finish: number;
}

/**
 * How far a share may be ahead of the last of those beside it, in virtual time: ten starts of a tenant. Who was served
 * first by priority, or because nobody else had anything, owes no more than this to the others; without a bound it would
 * wait in the end for as long as it had been served.
 */
export const MOST_AHEAD = 10;

/** What is claimed from, as it is at one moment. */
export interface Admission {
  readonly at: EpochMs;
  /** How many jobs to take at the most, the limit of the installation counted in. */
  readonly limit: number;
  /** Absent: nothing more of this queue may begin now. `room` is absent where it has no limit. */
  readonly openQueue: (queue: string) => { readonly weight: number; readonly room?: number } | undefined;
  /** How many jobs more with this key may begin. */
  readonly keyRoom: (key: string) => number;
  /** All shares of the queues (`parent` empty) or of a queue's tenants, by name. */
  readonly shares: (parent: string) => ReadonlyMap<string, Share>;
}

/** A share that a claim moves on. */
export interface Charge extends Share {
  readonly parent: string;
  readonly child: string;
}

/**
 * Says which jobs are claimed, in which order. Both stores follow this rule; the one in SQL is
 * `jobs/claim-shared.ts` of the Postgres adapter.
 *
 * 1. Nothing of a queue that is paused, and no more of a queue or key than its limit leaves room for.
 * 2. Between queues, the one that has had the least of its share (by weight) is next: start-time fair queueing.
 * 3. Within a queue, the highest priority is next. A job that has waited gains a point a minute, up to the highest
 *    priority that waits beside it.
 * 4. Among equals, the tenant that has had the least is next; within a tenant, turns decide ({@link turnOf}).
 *
 * Pure. Nothing starves: a queue or tenant that waits keeps its place in virtual time, while each start moves the
 * others on, who are never more than {@link MOST_AHEAD} behind it; and every job reaches the highest priority, after
 * which only finitely many turns are before its own.
 */
export function shareOut<J extends ReadyJob>(
  ready: readonly J[],
  admission: Admission,
): { readonly taken: readonly J[]; readonly charges: readonly Charge[] } {
  const open = ready.toSorted(byTurn).filter(({ queue }) => (admission.openQueue(queue)?.room ?? 1) > 0);
  const admitted = open.filter(({ queue }) => admission.openQueue(queue) !== undefined);
  const perKey = new Map<string, number>();
  const within = admitted.filter(({ limitedKey: key }) => {
    if (key === undefined) return true;
    const nth = (perKey.get(key) ?? 0) + 1;
    perKey.set(key, nth);
    return nth <= admission.keyRoom(key);
  });
  const queues = Map.groupBy(within, ({ queue }) => queue);
  const root = contend(new Set(queues.keys()), admission.shares(''));
  const charges: Charge[] = [];
  const ordered = [...queues].flatMap(([queue, jobs]) => {
    const { weight = 1, room = Number.POSITIVE_INFINITY } = admission.openQueue(queue) ?? {};
    return inQueue(jobs, admission.shares(queue), admission.at)
      .slice(0, room)
      .map((job, j) => ({ job, tag: root.tagOf(queue) + j / weight }));
  });
  const taken = ordered
    .toSorted((a, b) => a.tag - b.tag || byTurn(a.job, b.job))
    .slice(0, Math.max(0, admission.limit))
    .map(({ job }) => job);
  for (const [queue, jobs] of Map.groupBy(taken, (job) => job.queue)) {
    const { weight = 1 } = admission.openQueue(queue) ?? {};
    charges.push(...root.charge('', queue, jobs.length / weight));
    const tenants = new Set((queues.get(queue) ?? []).map(({ tenant }) => tenant));
    const beside = contend(tenants, admission.shares(queue));
    for (const [tenant, its] of Map.groupBy(jobs, (job) => job.tenant))
      charges.push(...beside.charge(queue, tenant, its.length));
  }
  return { taken, charges };
}

/** The jobs of one queue in the order in which they are taken. */
function inQueue<J extends ReadyJob>(
  jobs: readonly J[],
  shares: ReadonlyMap<string, Share>,
  at: EpochMs,
): readonly J[] {
  const lanes = Map.groupBy(jobs, ({ tenant }) => tenant);
  const { tagOf } = contend(new Set(lanes.keys()), shares);
  const highest = Math.max(...[...lanes.values()].map(([head]) => head?.priority ?? Number.NEGATIVE_INFINITY));
  return [...lanes]
    .flatMap(([tenant, its]) => its.map((job, k) => ({ job, tag: tagOf(tenant) + k, rank: rankOf(job, at, highest) })))
    .toSorted((a, b) => b.rank - a.rank || a.tag - b.tag || byTurn(a.job, b.job))
    .map(({ job }) => job);
}

/** A job's priority and what it has gained by waiting, up to the highest priority beside it. */
const rankOf = ({ turn }: ReadyJob, at: EpochMs, highest: number): number =>
  Math.min(Math.floor((at - turn) / PRIORITY_POINT_MS), highest);

/** Where those who contend stand in virtual time. Who comes anew, or was away, stands where the last of them does. */
function contend(children: ReadonlySet<string>, shares: ReadonlyMap<string, Share>) {
  const level = Math.max(0, ...[...shares.values()].map((share) => share.level));
  const tagOf = (child: string): number => Math.max(level, shares.get(child)?.finish ?? 0);
  const last = Math.min(...[...children].map(tagOf));
  return {
    tagOf,
    charge: (parent: string, child: string, cost: number): readonly Charge[] =>
      children.size < 2
        ? []
        : [{ parent, child, level: last, finish: Math.min(tagOf(child) + cost, last + MOST_AHEAD) }],
  };
}

const byTurn = (a: ReadyJob, b: ReadyJob): number => a.turn - b.turn || (a.id < b.id ? -1 : Number(a.id > b.id));
