import type { Bench } from '../bench.ts';
import { burst } from './burst.ts';
import { cold } from './cold.ts';
import { detection } from './detection.ts';
import { http } from './http.ts';
import { lifecycle } from './lifecycle.ts';
import { logs } from './logs.ts';
import { memory } from './memory.ts';
import { resync } from './resync.ts';
import { takeover } from './takeover.ts';
import { throughput } from './throughput.ts';
import { warm } from './warm.ts';

/** Everything that `pnpm bench` measures, by name, in the order of the table. */
export const BENCHES: Readonly<Record<string, Bench>> = {
  warm,
  cold,
  throughput,
  burst,
  lifecycle,
  logs,
  detection,
  takeover,
  resync,
  memory,
  http,
};
