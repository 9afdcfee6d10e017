// `npm test`: lint, types, generated docs, unit, integration and end-to-end tests. Ends with one plain line: `N passed, N failed, N skipped`.
// Exit code 0 only when every step succeeded and every kind of test that was asked for has run.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { bootstrap, BootstrapError, nx } from './bootstrap.mjs';
import { bold, red, step, yellow } from './lib/progress.mjs';
import { lastLines, run } from './lib/run.mjs';
import { root } from './lib/workspace.mjs';
import { parseOptions, STEPS, USAGE, UsageError } from './test/options.mjs';
import { withoutNxNoise } from './lib/nx-noise.mjs';
import { totals, totalsLine } from './test/totals.mjs';

const results = join(root, '.test-results');
const node = process.execPath;

/** @typedef {{ ok: boolean, reason?: string }} StepOutcome */

/**
 * Runs a quiet step: its output is shown only when it fails.
 * @param {string} label
 * @param {[string, string[]][]} commands
 * @returns {Promise<StepOutcome>}
 */
async function quiet(label, commands) {
  /** @type {string[]} */
  const failures = [];
  const work = async () => {
    for (const [command, args] of commands) {
      const { code, output } = command === 'nx' ? await nx(args) : await run(command, args, { cwd: root });
      if (code !== 0) failures.push(output);
    }
    if (failures.length > 0) throw new Error('failed');
  };
  await step(label, work).catch(() => {});
  for (const output of failures) console.log(lastLines(output, 200));
  return { ok: failures.length === 0 };
}

/**
 * Runs one kind of tests in every project, its output shown while it comes.
 * @param {string} label
 * @param {'unit' | 'int' | 'e2e'} kind
 * @param {Record<string, string | undefined>} env
 * @returns {Promise<StepOutcome>}
 */
async function tests(label, kind, env) {
  console.log(bold(`\n${label}`));
  const target = kind === 'unit' ? 'test' : `test-${kind}`;
  // The other two kinds are never cached, see nx.json.
  const how = kind === 'unit' ? ['--skip-nx-cache'] : ['--parallel=1'];
  const args = ['run-many', '-t', target, ...how, '--output-style=static'];
  const quieter = withoutNxNoise((text) => process.stdout.write(text));
  const { code, output } = await nx(args, { env, onText: quieter });
  const name = env['TEST_RUN_LABEL'] === undefined ? kind : `${kind}-${env['TEST_RUN_LABEL']}`;
  writeFileSync(join(results, `${name}.log`), output);
  const { passed } = totals(results, (file) => file.endsWith(`-${name}.json`));
  if (code !== 0) return { ok: false };
  return passed > 0 ? { ok: true } : { ok: false, reason: `no ${kind} test has run` };
}

/** @returns {Promise<boolean>} whether a Docker engine answers */
async function dockerAnswers() {
  const late = new Promise((resolve) => setTimeout(resolve, 15_000, { code: 1 }).unref());
  const { code } = /** @type {{ code: number }} */ (await Promise.race([run('docker', ['info']), late]));
  return code === 0;
}

/** The nats-server for all tests, found or fetched once and visibly. @returns {Promise<string>} its path */
async function natsServer() {
  return step('Looking for nats-server', async (note) => {
    const { resolveNatsServer } = await import(pathToFileURL(join(root, 'libs/testing/dist/index.js')).href);
    const found = await resolveNatsServer({ acceptUrl: false });
    note(`${found.version} at ${found.path} (${found.source})`);
    return found.path;
  });
}

/** @param {import('./test/options.mjs').TestOptions} options @returns {Promise<{ problems: string[], notes: string[] }>} */
async function runSteps({ only, versions }) {
  /** @type {string[]} */
  const problems = [];
  /** @type {string[]} */
  const notes = [];
  const record = (/** @type {string} */ name, /** @type {StepOutcome} */ { ok, reason }) => {
    if (!ok) problems.push(reason === undefined ? name : `${name}: ${reason}`);
  };
  const local = (/** @type {string} */ bin) => join(root, 'node_modules', bin);
  if (only.includes('lint')) {
    const eslint = [local('eslint/bin/eslint.js'), 'tools', 'eslint.config.mjs', 'jest.preset.mjs'];
    const prettier = [local('prettier/bin/prettier.cjs'), '--check', '--log-level=warn', '.'];
    record(
      'lint',
      await quiet('Lint', [
        ['nx', ['run-many', '-t', 'lint', '--output-style=static']],
        [node, eslint],
        [node, prettier],
      ]),
    );
  }
  if (only.includes('types')) {
    const tools = [local('typescript/bin/tsc'), '-p', 'tools/tsconfig.json'];
    record(
      'types',
      await quiet('Types', [
        ['nx', ['run-many', '-t', 'typecheck', '--output-style=static']],
        [node, tools],
      ]),
    );
  }
  if (only.includes('docs')) record('docs', await quiet('Generated docs', [[node, ['tools/docs.mjs', '--check']]]));
  if (only.includes('unit')) record('unit tests', await tests('Unit tests', 'unit', {}));
  if (!only.includes('int') && !only.includes('e2e')) return { problems, notes };

  const servers = versions.length > 0 ? versions : [{ name: '', path: await natsServer() }];
  // Tests start brokers of their own; a broker of the developer's stays untouched.
  const onServer = (/** @type {string} */ path) => ({ NATS_SERVER_BIN: path, NATS_URL: undefined });
  if (only.includes('int')) {
    for (const { name, path } of servers) {
      const label = name === '' ? {} : { TEST_RUN_LABEL: name };
      const title = name === '' ? 'Integration tests' : `Integration tests on nats-server ${name}`;
      record(title.toLowerCase(), await tests(title, 'int', { ...onServer(path), ...label }));
    }
  }
  if (only.includes('e2e')) {
    const docker = await dockerAnswers();
    const newest = servers.at(-1)?.path ?? '';
    record('end-to-end tests', await tests('End-to-end tests', 'e2e', { ...onServer(newest), CONTAINERS: docker ? 'run' : 'absent' }));
    if (!docker) {
      notes.push('CONTAINER TESTS DID NOT RUN: no Docker engine answers ("docker info"). They count as not run, not as passed.');
      if (process.env.REQUIRE_CONTAINERS === '1') problems.push('container tests: REQUIRE_CONTAINERS=1 and no Docker engine answers');
    }
  }
  return { problems, notes };
}

/** @param {import('./test/options.mjs').TestOptions} options @returns {Promise<number>} the exit code */
async function main(options) {
  rmSync(results, { recursive: true, force: true });
  mkdirSync(results, { recursive: true });
  let outcome = { problems: ['the run did not come to its end'], notes: /** @type {string[]} */ ([]) };
  try {
    await bootstrap();
    outcome = await runSteps(options);
  } catch (error) {
    const shown = error instanceof BootstrapError || (error instanceof Error && 'code' in error) ? error.message : error;
    console.error(shown);
  }
  const sum = totals(results);
  if (sum.passed + sum.failed === 0 && options.only.some((name) => ['unit', 'int', 'e2e'].includes(name)))
    outcome.problems.push('no test has run');
  console.log('');
  if (options.only.length < STEPS.length) console.log(yellow(`Not a full run: only ${options.only.join(', ')}.`));
  for (const note of outcome.notes) console.log(yellow(note));
  for (const problem of outcome.problems) console.log(red(`Failed: ${problem}`));
  console.log(totalsLine(sum));
  return outcome.problems.length === 0 && sum.failed === 0 ? 0 : 1;
}

try {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) console.log(USAGE);
  else process.exitCode = await main(options);
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`${error.message}\n\n${USAGE}`);
  process.exitCode = 2;
}
