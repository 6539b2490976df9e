import type { Command } from 'commander';

import type { Backend } from '../backend.ts';
import type { Cli } from '../cli.ts';
import type { Finding, Verdict } from '../finding.ts';
import { EXIT } from '../output/job-exit-code.ts';
import { describeError } from '../output/report-error.ts';
import type { Terminal } from '../output/terminal.ts';
import { oneLine } from '../output/width.ts';
import { writeJson, writeLines } from '../output/write-json.ts';

const STYLES = { ok: 'green', warn: 'yellow', fail: 'red' } as const satisfies Record<Verdict, string>;

export function addDoctorCommand(parent: Command, cli: Cli): void {
  parent
    .command('doctor')
    .summary('look at everything that jobs need')
    .description(
      'Looks at everything that jobs need, and says what to do about what is wrong. Exits with 1 where jobs can not run.',
    )
    .option('--json', 'print a JSON array')
    .action(async (options: { readonly json?: true }) => {
      const findings: Finding[] = [];
      for await (const finding of examineAll(cli)) {
        findings.push(finding);
        if (!options.json) await writeLines(cli.stdout, renderFinding(finding, cli.out));
      }
      if (options.json) await writeJson(cli.stdout, findings);
      cli.exitCode = findings.some(({ verdict }) => verdict === 'fail') ? EXIT.unwell : EXIT.ok;
    });
}

async function* examineAll(cli: Cli): AsyncGenerator<Finding> {
  let opened: Backend;
  try {
    opened = cli.openBackend({ quiet: true });
  } catch (error) {
    yield {
      subject: 'settings',
      verdict: 'fail',
      detail: describeError(error).trim(),
      advice: 'correct or unset what it names',
    };
    return;
  }
  await using backend = opened;
  yield* backend.examine();
}

function renderFinding({ subject, verdict, detail, advice }: Finding, terminal: Terminal): readonly string[] {
  const first = `${terminal.paint(STYLES[verdict], verdict.padEnd(4))}  ${subject}: ${oneLine(detail)}`;
  return advice === undefined ? [first] : [first, `      ${oneLine(advice)}`];
}
