import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const PROGRAM = join(import.meta.dirname, '../count-results.mjs');
const GOOD_CHECKS = { passed: 6, failed: 0 };

describe('count-results', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'hodei-count-'));
    mkdirSync(join(folder, '.toolchain'));
  });

  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  const count = (testStatus: number, checkStatus: number, tests?: object, checks?: object) => {
    if (tests !== undefined) writeFileSync(join(folder, '.toolchain/test-report.json'), JSON.stringify(tests));
    if (checks !== undefined) writeFileSync(join(folder, '.toolchain/check-report.json'), JSON.stringify(checks));
    const { stdout, status } = spawnSync(process.execPath, [PROGRAM, String(testStatus), String(checkStatus)], {
      cwd: folder,
      encoding: 'utf8',
    });
    return { line: stdout, status };
  };

  it('adds tests and checks', () => {
    const tests = { numPassedTests: 10, numFailedTests: 0, testResults: [] };
    expect(count(0, 0, tests, GOOD_CHECKS)).toEqual({ line: '16 passed, 0 failed\n', status: 0 });
  });

  it('counts failed tests, and files that could not be run', () => {
    const testResults = [
      { status: 'failed', assertionResults: [{ status: 'failed' }] },
      { status: 'failed', assertionResults: [] },
    ];
    const tests = { numPassedTests: 3, numFailedTests: 1, testResults };
    expect(count(1, 0, tests, GOOD_CHECKS)).toEqual({ line: '9 passed, 2 failed\n', status: 1 });
  });

  it('counts a failure outside of any test, such as a leftover container', () => {
    const tests = { numPassedTests: 10, numFailedTests: 0, testResults: [] };
    expect(count(1, 0, tests, GOOD_CHECKS)).toEqual({ line: '16 passed, 1 failed\n', status: 1 });
  });

  it('counts a missing report as a failure', () => {
    expect(count(125, 125)).toEqual({ line: '0 passed, 2 failed\n', status: 1 });
  });
});
