import { setTimeout as delay } from 'node:timers/promises';
import { Random } from '../../packages/application/test/simulation/random.ts';
import type { JobId } from '../../packages/domain/src/index.ts';
import { callEngine } from '../engine/engine-request.ts';
import type { ChaosInstallation } from './installation.ts';
import type { ChaosLane, ChaosOptions } from './options.ts';
import type { Death, InstanceProcess } from './instance-process.ts';

/** The database's keeper starts it again only so often. */
const MOST_DATABASE_KILLS = 3;

/** What a storm did. */
export interface StormReport {
  /** How often each trouble was made. */
  readonly troubles: ReadonlyMap<string, number>;
  readonly deaths: readonly Death[];
  /** How often a container of each job was ended from outside. */
  readonly killed: ReadonlyMap<string, number>;
  /** When the database or the engine could not be used, from and to. */
  readonly outages: readonly (readonly [from: number, to: number])[];
}

/** What a storm needs to know. */
export interface StormParts {
  readonly installation: ChaosInstallation;
  readonly instances: readonly InstanceProcess[];
  /** Jobs whose containers may be killed. */
  readonly mayBeKilled: (jobId: JobId) => boolean;
  readonly say: (words: string) => void;
}

/**
 * Makes trouble for so long, in four lanes at once: instances, containers, the database, the engine. Within a lane each
 * trouble is over before the next, so that one instance always lives. In the end all is healed.
 */
export const storm = async ({ seed, seconds, lanes }: ChaosOptions, parts: StormParts): Promise<StormReport> => {
  const { installation, instances, mayBeKilled, say } = parts;
  const { engine } = installation;
  const random = new Random(seed + 1);
  const end = performance.now() + seconds * 1000;
  const troubles = new Map<string, number>();
  const killed = new Map<string, number>();
  const deaths: Death[] = [];
  const outages: (readonly [number, number])[] = [];
  let databaseKills = 0;

  const count = (what: string): void => {
    say(what);
    troubles.set(what, (troubles.get(what) ?? 0) + 1);
  };
  const outage = async (work: () => Promise<void>): Promise<void> => {
    const from = Date.now();
    await work();
    outages.push([from, Date.now()]);
  };

  const troubleInstance = async (lane: Random): Promise<void> => {
    const instance = lane.pick(instances);
    const { name } = instance;
    const how = lane.pick(['kill', 'kill', 'pause', 'pause long', 'end'] as const);
    const pauseMs = how === 'pause' ? lane.int(200, 2000) : lane.int(6000, 9000);
    const downMs = lane.int(0, 6000);
    const epochs = [...instance.epochs];
    if (how === 'pause' || how === 'pause long') {
      count(how === 'pause' ? 'instance paused' : 'instance paused past its lease');
      if (how === 'pause long') deaths.push({ instance: name, epochs, at: Date.now(), how: 'paused' });
      await instance.send('SIGSTOP');
      await delay(pauseMs);
      await instance.send('SIGCONT');
      return;
    }
    count(how === 'kill' ? 'instance killed' : 'instance told to end');
    deaths.push({ instance: name, epochs, at: Date.now(), how: how === 'kill' ? 'killed' : 'told to end' });
    await instance.send(how === 'kill' ? 'SIGKILL' : 'SIGTERM');
    await delay(downMs);
    while (!(await instance.start())) await delay(500);
  };

  const troubleContainer = async (lane: Random): Promise<void> => {
    const by = lane.pick(['kill', 'remove'] as const);
    const filters = encodeURIComponent(JSON.stringify({ label: ['hodei.managed=true'], status: ['running'] }));
    const rows = JSON.parse(await callEngine(engine.endpoint, `/containers/json?filters=${filters}`)) as readonly {
      readonly Id: string;
      readonly Labels: Readonly<Record<string, string>>;
    }[];
    const victims = rows.filter(({ Labels }) => mayBeKilled((Labels['hodei.job'] ?? '') as JobId));
    if (victims.length === 0) return;
    const { Id, Labels } = lane.pick(victims);
    const jobId = Labels['hodei.job'] ?? '';
    // Before it is done: its answer may be lost.
    killed.set(jobId, (killed.get(jobId) ?? 0) + 1);
    count(by === 'kill' ? 'container killed' : 'container removed');
    if (by === 'kill') await callEngine(engine.endpoint, `/containers/${Id}/kill`, { method: 'POST' });
    else await callEngine(engine.endpoint, `/containers/${Id}?force=1`, { method: 'DELETE' });
  };

  const troubleDatabase = async (lane: Random): Promise<void> => {
    const kill = lane.chance(0.3) && databaseKills < MOST_DATABASE_KILLS;
    const share = lane.pick([0.3, 1]);
    if (kill) {
      databaseKills += 1;
      count('database killed');
      await outage(async () => {
        await installation.killDatabase();
        await delay(1000);
      });
      return;
    }
    await installation.breakConnections(share);
    count(share === 1 ? 'all database connections broken' : 'some database connections broken');
  };

  const troubleEngine = async (lane: Random): Promise<void> => {
    const how = lane.pick(['pause', 'pause', 'kill', 'restart'] as const);
    const awayMs = lane.int(300, 4000);
    count(how === 'pause' ? 'engine paused' : how === 'kill' ? 'engine killed' : 'engine restarted');
    await outage(async () => {
      if (how === 'pause') {
        engine.pause();
        await delay(awayMs);
        engine.resume();
        return;
      }
      await (how === 'kill' ? engine.kill() : engine.stop());
      await delay(awayMs);
      await engine.start();
    });
  };

  const lane = async (
    name: ChaosLane,
    make: (random: Random) => Promise<void>,
    gapMs: readonly [number, number],
  ): Promise<void> => {
    const own = random.fork();
    while (lanes.includes(name)) {
      const gap = own.int(...gapMs);
      if (performance.now() + gap > end) return;
      await delay(gap);
      // A trouble that can't be made just now, since another one is on, is none.
      await make(own.fork()).catch(() => undefined);
    }
  };
  await Promise.all([
    lane('instances', troubleInstance, [1500, 5000]),
    lane('containers', troubleContainer, [500, 3000]),
    lane('database', troubleDatabase, [2000, 7000]),
    lane('engine', troubleEngine, [5000, 12_000]),
  ]);
  engine.resume();
  await engine.start();
  for (const instance of instances) {
    await instance.send('SIGCONT');
    while (!(await instance.start())) await delay(500);
  }
  return { troubles, deaths, killed, outages };
};
