import type { Part } from '../bench.ts';
import { burst } from './burst.ts';
import { cold } from './cold.ts';
import { detection } from './detection.ts';
import { finishedJobs } from './finished-jobs.ts';
import { http } from './http.ts';
import { sideBySide, twoInstances } from './lifecycle.ts';
import { logs } from './logs.ts';
import { memory } from './memory.ts';
import { resync } from './resync.ts';
import { takeover } from './takeover.ts';
import { throughput } from './throughput.ts';
import { warm } from './warm.ts';
import { writeCosts } from './write-costs.ts';

/** Everything that `pnpm bench` measures, in the order of the table. */
export const PARTS: readonly Part[] = [
  { name: 'warm', deadline: 120, measure: warm },
  { name: 'cold', deadline: 90, measure: cold },
  { name: 'throughput', deadline: 105, measure: throughput },
  { name: 'burst', deadline: 240, measure: burst },
  { name: 'lifecycle', deadline: 150, measure: sideBySide },
  { name: 'lifecycle-two-instances', deadline: 60, measure: twoInstances },
  { name: 'lifecycle-costs', deadline: 75, measure: writeCosts },
  { name: 'lifecycle-finished', deadline: 150, measure: finishedJobs },
  { name: 'logs', deadline: 120, measure: logs },
  { name: 'detection', deadline: 60, measure: detection },
  { name: 'takeover', deadline: 75, measure: takeover },
  { name: 'resync', deadline: 150, measure: resync },
  { name: 'memory', deadline: 75, measure: memory },
  { name: 'http', deadline: 75, measure: http },
];

/** What a part belongs to: the names that `pnpm bench` takes. */
export const nameOf = ({ name }: Pick<Part, 'name'>): string => name.split('-')[0] ?? name;

export const NAMES: readonly string[] = [...new Set(PARTS.map(nameOf))];
