import type { ConnectionCounts } from '@hodei/infrastructure/postgres';
import { collectDefaultMetrics, type Registry } from 'prom-client';

import { declaring } from './declaring.ts';

/** What this process has at the moment of a scrape. */
export interface ProcessReading {
  readonly activeJobs: number;
  readonly maxJobs: number;
  readonly connections: readonly ConnectionCounts[];
}

/** How fine the delay of the event loop is measured, in milliseconds: each is a timer that wakes the process up. */
const LOOP_PRECISION_MS = 50;

/** Declares what this process has and holds, with what is usual for Node.js. @returns what shows a reading. */
export function makeProcessGauges(registry: Registry): (reading: ProcessReading) => void {
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: LOOP_PRECISION_MS });
  const { gauge } = declaring(registry);
  const jobs = gauge('hodei_instance_jobs', 'Jobs that this instance starts or runs now.');
  const mostJobs = gauge('hodei_instance_max_jobs', 'How many jobs this instance may run at once.');
  const open = gauge(
    'hodei_postgres_connections',
    'Open connections to Postgres by pool: busy and idle. One more listens for changes.',
    ['pool', 'state'],
  );
  const mostOpen = gauge('hodei_postgres_max_connections', 'How many connections the pool may have.', ['pool']);
  const calls = gauge('hodei_postgres_waiting_calls', 'Calls that wait for a connection.', ['pool']);
  return ({ activeJobs, maxJobs, connections }) => {
    jobs.set(activeJobs);
    mostJobs.set(maxJobs);
    for (const { pool, open: all, idle, most, waiting } of connections) {
      open.set({ pool, state: 'busy' }, all - idle);
      open.set({ pool, state: 'idle' }, idle);
      mostOpen.set({ pool }, most);
      calls.set({ pool }, waiting);
    }
  };
}
