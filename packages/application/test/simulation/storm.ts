import { isTerminalJobState, type Job } from '@hodei/domain';
import { createInMemoryRepositories } from '@hodei/testkit/in-memory';

import { cancelJob, destroyWorkerNow, drainWorker, submitJob } from '../../src/index.ts';
import { admissionOf, FITFUL, resourcesOf } from './admission.ts';
import type { Life } from './life.ts';
import { overriding } from './overriding.ts';
import type { Random } from './random.ts';
import { shortId } from './reach-store.ts';
import { planJob } from './workload.ts';
import { PLAN_LABEL, type World } from './world.ts';

type Blow = (world: World, random: Random) => void;

/** What happens to the world from outside, with how often each is picked. */
const BLOWS: readonly (readonly [weight: number, blow: Blow])[] = [
  [3, (world, random) => withLife(world, random, (life) => life.crash('SIGKILL'))],
  [2, (world) => world.lives.filter(({ gate }) => !gate.isDead).length < 3 && world.startLife()],
  [1, (world, random) => withLife(world, random, (life) => life.handOver())],
  [
    6,
    (world, random) =>
      withLife(world, random, (life) => {
        // Some wake up before their lease has run out, most after, and some not before the storm is over.
        pauseFor(world, life, random.pick([500, 3000, 5000, 8000, 1_000_000]));
      }),
  ],
  [2, takeEngineDown],
  [
    2,
    (world, random) => {
      world.trace.add('store', 'goes away');
      world.isStoreAway = true;
      world.scheduler.after(random.pick([100, 1000, 3000, 6000]), () => {
        world.trace.add('store', 'is back');
        world.isStoreAway = false;
        world.store.interruptFeeds();
      });
    },
  ],
  [3, (world, random) => strikeOne(world, random)],
  [
    4,
    (world, random) => {
      // Who reads along has read it all; so mostly somebody is stopped first.
      if (random.chance(0.7)) withLife(world, random, (life) => pauseFor(world, life, random.pick([2000, 5000])));
      world.scheduler.after(random.int(0, 3000), () => loseOutput(world, random));
    },
  ],
  [3, (world, random) => cancelOne(world, random)],
  [2, (world, random) => endOneWorker(world, random)],
];

const FAIR_BLOWS: readonly Blow[] = [strikeOne, cancelOne, endOneWorker];

const PICKS = BLOWS.flatMap(([weight, blow]) => Array.from({ length: weight }, () => blow));

/** Plans the whole storm: what is submitted, and what goes wrong, and when. */
export function brewStorm(world: World, random: Random): void {
  const { weather, scheduler } = world;
  for (let index = 0; index < weather.jobs; index += 1) {
    scheduler.after(random.int(0, weather.stormMs * 0.6), () => submitOne(world, random, index));
  }
  for (let count = 0; count < weather.blows; count += 1) {
    const blow = random.pick(weather.isFair ? FAIR_BLOWS : PICKS);
    scheduler.after(random.int(0, weather.stormMs), () => {
      if (world.isStormy) blow(world, random);
    });
  }
  if (weather.endsWorkers) scheduler.after(weather.stormMs * 0.5, () => takeEngineDown(world, random));
  for (const part of [0.2, 0.4, 0.6, 0.8]) {
    scheduler.after(weather.stormMs * part, () => {
      if (world.isStormy) setPaused(world, part === 0.4 || part === 0.8);
    });
  }
  world.onDeath = () => {
    scheduler.after(random.int(0, 3000), () => keepOneAlive(world));
  };
}

/** Nothing goes wrong any more. Who is stopped stays so. */
export function calmDown(world: World): void {
  world.trace.add('storm', 'is over');
  world.isStormy = false;
  if (world.isStoreAway) {
    world.isStoreAway = false;
    world.store.interruptFeeds();
  }
  bringBack(world);
  setPaused(world, false);
  if (world.weather.stormTakesAll)
    for (const life of world.lives) if (life.gate.isOpen) life.crash('the storm took it');
  keepOneAlive(world);
  cancelEndless(world);
}

/** Somebody pauses a queue, or lets it go on. */
function setPaused({ store, scheduler, ids, trace }: World, paused: boolean): void {
  trace.add('client', paused ? 'pauses a queue' : 'resumes a queue');
  const { queues } = createInMemoryRepositories({ clock: scheduler, ids, store });
  void queues.setPaused({ name: FITFUL, paused, at: scheduler.now() });
}

/** Somebody looks after the instances, and starts one where there is none. */
function keepOneAlive(world: World): void {
  if (!world.lives.some(({ gate }) => gate.isOpen)) world.startLife();
}

/** Jobs that never end by themselves are cancelled, also those whose submission is still on its way. */
function cancelEndless(world: World): void {
  for (const { job } of world.store.jobs.values()) {
    const endless = !isTerminalJobState(job.state) && world.planOf(job.id)?.end === undefined;
    if (endless && job.cancelRequest === undefined) cancel(world, job);
  }
  world.scheduler.after(1000, () => cancelEndless(world));
}

function takeEngineDown(world: World, random: Random): void {
  world.trace.add('engine', 'goes down');
  world.engine.goDown(random.pick(['provider_unavailable', 'provider_timeout']));
  if (world.weather.endsWorkers) world.endWorkers();
  world.scheduler.after(random.int(100, 7000), () => bringBack(world));
}

function bringBack(world: World): void {
  if (!world.engine.downSignal.aborted) return;
  world.trace.add('engine', 'is back');
  world.engine.comeUp();
}

function pauseFor(world: World, life: Life, forMs: number): void {
  life.pause();
  world.scheduler.after(forMs, () => life.resume());
}

function strikeOne(world: World, random: Random): void {
  const workers = world.engine.workers().filter(({ exit }) => exit === undefined);
  if (workers.length > 0)
    world.strike(random.pick(workers), random.pick(['killed', 'killed', 'out of memory', 'vanished', 'silent']));
}

function loseOutput(world: World, random: Random): void {
  const workers = world.engine.workers().filter(({ output }) => output.chunks().length > 0);
  if (!world.isStormy || workers.length === 0) return;
  const worker = random.pick(workers);
  if (random.chance(0.3)) return world.strike(worker, 'vanished');
  const { workerId, output } = worker;
  worker.loseOutput(random.pick([0, 0, 5, 20]));
  world.trace.add('engine', `loses the log of worker ${workerId.slice(-4)} up to ${JSON.stringify(output.lostUpTo)}`);
}

function withLife(world: World, random: Random, act: (life: Life) => void): void {
  const open = world.lives.filter(({ gate }) => gate.isOpen);
  if (open.length > 0) act(random.pick(open));
}

function submitOne(world: World, random: Random, index: number): void {
  const name = `plan-${index}`;
  const plan = planJob(random);
  const up = world.lives.filter(({ gate, up: isUp }) => gate.isOpen && isUp !== undefined);
  const context = up.length === 0 ? undefined : random.pick(up).up?.context;
  const runner = up.find((life) => life.up?.context === context)?.up?.runner;
  if (context === undefined || runner === undefined) {
    world.scheduler.after(500, () => world.isStormy && submitOne(world, random, index));
    return;
  }
  world.plans.set(name, plan);
  const priority = random.int(0, 2);
  const claim = random.chance(0.3);
  world.trace.add('client', `submits ${name}: ${plan.kind}${claim ? ', claimed at once' : ''}`);
  const admission = {
    ...admissionOf(index, world.scheduler.now()),
    ...(world.weather.isCrowded ? resourcesOf(index) : {}),
    ...(world.weather.isCrowded && plan.input.image === undefined && index % 3 === 0 ? { image: 'far' } : {}),
  };
  const input = { ...plan.input, ...admission, priority, labels: { [PLAN_LABEL]: name } };
  submitJob(context, input, claim ? { claim } : { runner }).then(
    (job) => {
      if (claim && job.state === 'scheduled') runner.start(job).catch(() => undefined);
    },
    () => undefined,
  );
  if (!random.chance(0.25)) return;
  // In the thick of it: while it is claimed, prepared, launched, or has just begun.
  world.scheduler.after(random.int(1, random.pick([30, 300, 2000])), () => {
    const job = [...world.store.jobs.values()].find(({ job: { spec } }) => spec.labels[PLAN_LABEL] === name)?.job;
    if (job !== undefined && world.isStormy) cancel(world, job);
  });
}

function cancelOne(world: World, random: Random): void {
  const jobs = [...world.store.jobs.values()].map(({ job }) => job).filter(({ state }) => !isTerminalJobState(state));
  if (jobs.length > 0) cancel(world, random.pick(jobs));
}

/** Somebody asks for the end of a worker, by a way of their own. */
function endOneWorker(world: World, random: Random): void {
  const live = [...world.store.workers.values()].filter(({ state }) => state !== 'terminated');
  if (live.length === 0 || world.isStoreAway) return;
  const { id } = random.pick(live);
  const end = random.pick([drainWorker, destroyWorkerNow]);
  const { scheduler, store, ids } = world;
  const plain = createInMemoryRepositories({ clock: scheduler, ids, store });
  const { workers } = world.mutation.repositories?.(plain, world, scheduler) ?? plain;
  const requestEnd: typeof workers.requestEnd = (request) =>
    world.observe('workers.requestEnd', undefined, () => workers.requestEnd(request));
  world.trace.add('client', `asks for the end of worker ${shortId(id)}: ${end === drainWorker ? 'drain' : 'destroy'}`);
  world.poolRules.endAsked();
  const repositories = { ...plain, workers: overriding(workers, { requestEnd }) };
  end({ repositories, clock: scheduler }, id, 'somebody').catch((error: unknown) =>
    world.blame(`the end of a worker could not be asked for: ${String(error)}`),
  );
}

/** Whoever cancels reaches the store by a way of their own. */
function cancel(world: World, job: Job): void {
  if (world.isStoreAway) return;
  const { scheduler, store, ids } = world;
  const repositories = createInMemoryRepositories({ clock: scheduler, ids, store });
  const plain = world.mutation.repositories?.(repositories, world, scheduler) ?? repositories;
  const jobs = new Proxy(plain.jobs, {
    get: (target, property) =>
      property === 'requestCancel'
        ? (request: Parameters<typeof target.requestCancel>[0]) =>
            world.observe('jobs.requestCancel', undefined, () => target.requestCancel(request))
        : Reflect.get(target, property, target),
  });
  world.trace.add('client', `cancels job ${job.id.slice(-4)}, which is ${job.state}`);
  cancelJob({ repositories: { ...plain, jobs }, clock: scheduler }, job.id, 'somebody').catch((error: unknown) =>
    world.blame(`a job could not be cancelled: ${String(error)}`),
  );
}
