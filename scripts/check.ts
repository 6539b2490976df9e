// Everything that CI runs, one check after the other, with a summary. usage: check.ts [--without-tests]
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checks, testCheck } from './checks.ts';

const root = join(import.meta.dirname, '..');
const wanted = process.argv.includes('--without-tests') ? checks : [...checks, testCheck];

// Each is run even after a failure, so that one round shows all there is to mend.
const results = wanted.map(({ name, command: [program, ...args] }) => {
  console.log(`\n== ${name}: ${[program, ...args].join(' ')}`);
  const startedAt = Date.now();
  const { status } = spawnSync(program, args, { cwd: root, stdio: 'inherit' });
  return { name, passed: status === 0, seconds: (Date.now() - startedAt) / 1000 };
});

console.log('');
for (const { name, passed, seconds } of results) {
  console.log(`${passed ? 'pass' : 'FAIL'}  ${name} (${seconds.toFixed(1)} s)`);
}

const failed = results.filter(({ passed }) => !passed).length;
writeFileSync(join(root, '.toolchain/check-report.json'), JSON.stringify({ passed: results.length - failed, failed }));
process.exitCode = failed === 0 ? 0 : 1;
