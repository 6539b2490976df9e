import { describe, expect, it } from 'vitest';
import { formatReport } from '../chaos/format-report.ts';
import { CHAOS_LANES } from '../chaos/options.ts';
import { runChaos } from '../chaos/run-chaos.ts';
import { privateEngineIsLeftOut } from '../private-engine/why-no-private-engine.ts';

describe.skipIf(privateEngineIsLeftOut('scripts/test/chaos'))('real parts that die', () => {
  it('lose no job and no byte, count no attempt twice, and leave nothing', { timeout: 240_000 }, async () => {
    // Another seed each day, so that not only one story is told; it stands in the report.
    const seed = Math.floor(Date.now() / 86_400_000);
    const report = await runChaos({ seed, jobs: 30, seconds: 20, lanes: CHAOS_LANES, liveRestore: true });
    if (report.violations.length > 0) throw new Error(formatReport(report));
    expect(report.verdicts).toHaveLength(30);
  });
});
