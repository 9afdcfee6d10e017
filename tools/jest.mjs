// Runs one kind of jest tests of the project in the current folder: `node ../../tools/jest.mjs unit|int|e2e [jest options]`.
// Writes jest's report to .test-results/<project>-<kind>[-<TEST_RUN_LABEL>].json, where tools/test.mjs adds them up.
// `x.container.e2e.spec.ts` needs a Docker engine; with CONTAINERS=absent such files are left out, and said.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const [kind = 'unit', ...rest] = process.argv.slice(2);
if (kind !== 'unit' && kind !== 'int' && kind !== 'e2e') {
  console.error(`tools/jest.mjs: unknown kind "${kind}": use unit, int or e2e`);
  process.exit(2);
}
const root = fileURLToPath(new URL('..', import.meta.url));
const project = basename(process.cwd());
const suffix = kind === 'unit' ? /^(?!.*\.(int|e2e)\.spec\.ts$).*\.spec\.ts$/ : new RegExp(`\\.${kind}\\.spec\\.ts$`);
const files = existsSync('src') ? readdirSync('src', { recursive: true }).map(String) : [];
const leftOut = process.env.CONTAINERS === 'absent' ? files.filter((file) => file.endsWith('.container.e2e.spec.ts')) : [];
const specs = files.filter((file) => suffix.test(file) && !leftOut.includes(file));
if (kind === 'e2e' && leftOut.length > 0) console.log(`${project}: not run without a Docker engine: ${leftOut.join(', ')}`);
if (specs.length === 0) {
  console.log(`${project}: no ${kind} tests`);
  process.exit(0);
}
const label = process.env.TEST_RUN_LABEL ? `-${process.env.TEST_RUN_LABEL}` : '';
const report = join(root, '.test-results', `${project}-${kind}${label}.json`);
mkdirSync(join(root, '.test-results'), { recursive: true });
rmSync(report, { force: true });
const { jestProject } = await import(new URL('../jest.preset.mjs', import.meta.url).href);
const base = jestProject(project, kind);
const ignored = [...base.testPathIgnorePatterns, ...(leftOut.length > 0 ? ['\\.container\\.e2e\\.spec\\.ts$'] : [])];
const config = JSON.stringify({ ...base, testPathIgnorePatterns: ignored, rootDir: process.cwd() });
const flags = ['--disable-warning=ExperimentalWarning', '--experimental-vm-modules', join(root, 'node_modules/jest/bin/jest.js')];
const output = ['--json', `--outputFile=${report}`];
const run = spawnSync(process.execPath, [...flags, '--config', config, ...output, ...rest], { stdio: ['ignore', 'ignore', 'inherit'] });
process.exit(run.status ?? 1);
