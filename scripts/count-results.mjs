// Prints "N passed, N failed" over the tests and the checks. usage: count-results.mjs TEST_STATUS CHECK_STATUS
// Plain JavaScript without dependencies: it must count even when the toolchain could not be installed.
import { existsSync, readFileSync } from 'node:fs';

const [testStatus, checkStatus] = process.argv.slice(2).map(Number);

const read = (file) => (existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined);

/** What failed outside of any test: a file that cannot be imported, a leftover container. */
const atLeastOne = (failed, status) => (status === 0 ? failed : Math.max(failed, 1));

const countTests = (report) => {
  const brokenFiles = (report?.testResults ?? []).filter(
    ({ status, assertionResults }) => status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
  );
  return {
    passed: report?.numPassedTests ?? 0,
    failed: atLeastOne((report?.numFailedTests ?? 0) + brokenFiles.length, report === undefined ? 1 : testStatus),
  };
};

const countChecks = (report) => ({
  passed: report?.passed ?? 0,
  failed: atLeastOne(report?.failed ?? 0, report === undefined ? 1 : checkStatus),
});

const tests = countTests(read('.toolchain/test-report.json'));
const checks = countChecks(read('.toolchain/check-report.json'));
const failed = tests.failed + checks.failed;
console.log(`${tests.passed + checks.passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
