import type { ConnectionCounts } from '@hodei/infrastructure/postgres';
import { collectDefaultMetrics, Gauge, type Registry } from 'prom-client';

/** What this process has at the moment of a scrape. */
export interface ProcessReading {
  readonly activeJobs: number;
  readonly maxJobs: number;
  readonly connections: readonly ConnectionCounts[];
}

/** How fine the delay of the event loop is measured, in milliseconds: each is a timer that wakes the process up. */
const LOOP_PRECISION_MS = 50;

/** Shows what this process has and holds, with what is usual for Node.js. */
export class ProcessGauges {
  readonly #jobs: Gauge;
  readonly #maxJobs: Gauge;
  readonly #connections: Gauge<'pool' | 'state'>;
  readonly #most: Gauge<'pool'>;
  readonly #waiting: Gauge<'pool'>;

  constructor(registry: Registry) {
    const registers = [registry];
    collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: LOOP_PRECISION_MS });
    this.#jobs = new Gauge({
      name: 'hodei_instance_jobs',
      help: 'Jobs that this instance starts or runs now.',
      registers,
    });
    this.#maxJobs = new Gauge({
      name: 'hodei_instance_max_jobs',
      help: 'How many jobs this instance may run at once.',
      registers,
    });
    this.#connections = new Gauge({
      name: 'hodei_postgres_connections',
      help: 'Open connections to Postgres by pool: busy and idle. One more listens for changes.',
      labelNames: ['pool', 'state'],
      registers,
    });
    this.#most = new Gauge({
      name: 'hodei_postgres_max_connections',
      help: 'How many connections the pool may have.',
      labelNames: ['pool'],
      registers,
    });
    this.#waiting = new Gauge({
      name: 'hodei_postgres_waiting_calls',
      help: 'Calls that wait for a connection.',
      labelNames: ['pool'],
      registers,
    });
  }

  show({ activeJobs, maxJobs, connections }: ProcessReading): void {
    this.#jobs.set(activeJobs);
    this.#maxJobs.set(maxJobs);
    for (const { pool, open, idle, most, waiting } of connections) {
      this.#connections.set({ pool, state: 'busy' }, open - idle);
      this.#connections.set({ pool, state: 'idle' }, idle);
      this.#most.set({ pool }, most);
      this.#waiting.set({ pool }, waiting);
    }
  }
}
