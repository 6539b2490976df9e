import type { Failure } from '../bench.ts';
import type { Row } from '../measure/row.ts';
import { formatTable } from './format-table.ts';
import type { MachineFacts } from './machine-facts.ts';

/** All of docs/benchmarks.md. */
export function formatReport(
  facts: MachineFacts,
  rows: readonly Row[],
  failures: readonly Failure[],
  seconds: number,
): string {
  const judged = rows.filter(({ met }) => met !== null);
  return `# Benchmarks

Written by \`pnpm bench\`; do not edit. Repeat it with

\`\`\`sh
pnpm bench             # all rows, under 10 minutes, and writes this page and benchmarks.json beside it
pnpm bench cold logs   # some of them, only shown
\`\`\`

It brings the Docker Engine, the images and the Postgres that it needs, as \`npm test\` does. Each row is measured
against its floor or its peer **in the same run, in turns** (A B A B ...), after rounds that warm up. What is shown
are medians, and the 99th percentile in parentheses (of rates, the slow one). Each part runs in a process of its own,
with a deadline, and begins when the disk has all writes of the one before and the processors are at rest. Compare ratios rather than times:
they depend less on the machine. Where the other side is ahead, the table says so.

${judged.filter(({ met }) => met).length} of ${judged.length} targets are met.${failures.length === 0 ? '' : ' Not everything could be measured; see the last lines of the table.'}

${formatTable(rows, failures)}

## What the sides do

- **Cold start**: ours from the call that submits until a follower has the first byte, which is stored by then, and
  every step before it too. Network \`none\` on all sides; ours with all its hardening and limits.
- **Warm start, reuse, burst**: the job is placed on a worker of a pool by the statement that submits it; between two
  rounds the pool is filled again.
- **Warm start**, both sides alike: a sample begins as soon as the pool is full and the engine makes and removes
  nothing any more. That is the row with the target; the other one waits a second more, in which all that take part
  (our process, Postgres, the engine, the worker's shell) go to sleep, and have to be woken.
- **Containers a second**: ours submits all at once, as the server does: each is begun by the statement that stores it, or
  waits for its turn; dockerode does create, attach, start, wait, remove at its best concurrency of those tried. It is a
  sustained rate that is asked for, so three rounds of each, ours and dockerode's, come before the first that counts: in
  the first hundred containers a seventh of what this process does is to compile its own code.
- **Whole lifecycles**: a job that does nothing. Ours on a provider whose workers cost nothing, with every state of
  job, attempt and worker stored and the history written. pg-boss fetches and completes in batches of 100 without
  the pause its own workers make between fetches. graphile-worker has the settings of its page on performance
  (24 at once, local queue, batched completion); one after the other it has none of these, which would delay it, and
  the next job does not wait for the last one's completion to be stored. Each has a database of its own on the same
  Postgres, and looks for no jobs while another has its turn.
- **Output**: lines of 68 bytes, from the first byte to the last; ours until all is in Postgres and the end is
  recorded. All with the same log driver.
- **Takeover**: until the row says that another instance owns the job; 4 seconds of it are the lease.
- **HTTP**: by the client of this project, to a server in a process of its own; the jobs are not to begin before tomorrow.
- **Memory**: a tracked worker is counted without what the in-memory engine of this benchmark takes.

## The run

${Object.entries(facts)
  .map(([name, value]) => `- ${name}: ${value}`)
  .join('\n')}
- took: ${Math.round(seconds)} s
`;
}
