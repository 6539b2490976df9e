import { explainCut, explainGap } from './explain-gap.ts';
import type { GapRecord, LastBytes } from './copy-output.ts';
import { ClosedOutputError, type Sink } from './sink.ts';

const NEWLINE = 0x0a;

/** Tells of gaps in a job's output in our own words on stderr, never among the bytes of the job. */
export function createGapTeller(stderr: Sink): (record: GapRecord, last: LastBytes) => Promise<void> {
  const told = new Set<number>();
  return async ({ seq, stream, gap }, last) => {
    const words = told.has(seq) ? explainCut(stream, gap) : explainGap(stream, gap);
    told.add(seq);
    // Our line begins a line, also where the job has not finished its last one.
    const begin = last.stderr === undefined || last.stderr === NEWLINE ? '' : '\n';
    await stderr.write(`${begin}hodei: ${words}\n`).catch((error: unknown) => {
      if (!(error instanceof ClosedOutputError)) throw error;
    });
    last.stderr = NEWLINE;
  };
}
