// Adds up what tools/jest.mjs left in .test-results.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readJson } from '../lib/workspace.mjs';

/**
 * @typedef {object} Totals
 * @property {number} passed
 * @property {number} failed a file that could not be run counts as one
 * @property {number} skipped
 */

/**
 * @param {string} folder with one JSON report of jest per project, kind and label
 * @param {(file: string) => boolean} [chosen] all unless told
 * @returns {Totals}
 */
export function totals(folder, chosen = () => true) {
  const sum = { passed: 0, failed: 0, skipped: 0 };
  if (!existsSync(folder)) return sum;
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.json') && chosen(name))) {
    const report = readJson(join(folder, file));
    sum.passed += report.numPassedTests;
    sum.failed += report.numFailedTests + report.numRuntimeErrorTestSuites;
    sum.skipped += report.numPendingTests + report.numTodoTests;
  }
  return sum;
}

/** @param {Totals} sum @returns {string} the line that a full run ends with */
export function totalsLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}
