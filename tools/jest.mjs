// Runs one kind of jest tests of the project in the current folder: `node ../../tools/jest.mjs unit|int|e2e [jest options]`.
// Writes the totals to .test-results/<project>-<kind>.json, where tools/test.mjs adds them up.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const [kind = 'unit', ...rest] = process.argv.slice(2);
if (!['unit', 'int', 'e2e'].includes(kind)) {
  console.error(`tools/jest.mjs: unknown kind "${kind}": use unit, int or e2e`);
  process.exit(2);
}
const root = fileURLToPath(new URL('..', import.meta.url));
const project = basename(process.cwd());
const suffix = kind === 'unit' ? /^(?!.*\.(int|e2e)\.spec\.ts$).*\.spec\.ts$/ : new RegExp(`\\.${kind}\\.spec\\.ts$`);
const specs = existsSync('src') ? readdirSync('src', { recursive: true }).filter((file) => suffix.test(String(file))) : [];
if (specs.length === 0) {
  console.log(`${project}: no ${kind} tests`);
  process.exit(0);
}
const results = join(root, '.test-results');
mkdirSync(results, { recursive: true });
const { jestProject } = await import(new URL('../jest.preset.mjs', import.meta.url).href);
const flags = ['--disable-warning=ExperimentalWarning', '--experimental-vm-modules', join(root, 'node_modules/jest/bin/jest.js')];
const config = JSON.stringify({ ...jestProject(project, kind), rootDir: process.cwd() });
const label = process.env.TEST_RUN_LABEL ? `-${process.env.TEST_RUN_LABEL}` : '';
const output = ['--json', `--outputFile=${join(results, `${project}-${kind}${label}.json`)}`];
const run = spawnSync(process.execPath, [...flags, '--config', config, ...output, ...rest], { stdio: ['ignore', 'ignore', 'inherit'] });
process.exit(run.status ?? 1);
