// Makes a fresh checkout ready: installs the packages and builds what is out of date. Needs nothing but Node and npm.
// `node tools/bootstrap.mjs [--no-build | --only-bundles]`; tools/start.mjs and tools/test.mjs call it first.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withLock } from './lib/lock.mjs';
import { red, step } from './lib/progress.mjs';
import { lastLines, run } from './lib/run.mjs';
import { worthReading } from './lib/nx-noise.mjs';
import { manifests, readJson, root, whooshFolder } from './lib/workspace.mjs';

/** What went wrong, with what to do; shown without a stack. */
export class BootstrapError extends Error {}

const stampFile = join(root, 'node_modules/.whoosh-install.json');

/**
 * Installs and builds what is missing or out of date.
 * @param {{ targets?: string[] }} [options] the Nx targets to build; none: only install
 * @throws BootstrapError
 */
export async function bootstrap(options = {}) {
  checkNode();
  await withLock(
    join(whooshFolder, 'bootstrap.lock'),
    async () => {
      await install();
      const targets = options.targets ?? ['build', 'bundle'];
      if (targets.length > 0) await build(targets);
    },
    (pid) => console.log(`Waiting for process ${pid}, which installs or builds in this checkout …`),
  );
}

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  throw new BootstrapError(`Node ${process.versions.node} is too old. Install Node 20.19 or later, 22, or 24.`);
}

/** What decides which packages belong here. Nx targets and scripts of a package.json do not. */
function wantedStamp() {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}`);
  for (const file of ['pnpm-lock.yaml', 'pnpm-workspace.yaml']) hash.update(readFileSync(join(root, file)));
  for (const path of manifests()) {
    const { name, packageManager, dependencies, devDependencies, optionalDependencies, peerDependencies } = readJson(path);
    hash.update(
      JSON.stringify([relative(root, path), name, packageManager, dependencies, devDependencies, optionalDependencies, peerDependencies]),
    );
  }
  return hash.digest('hex');
}

function isInstalled() {
  if (!existsSync(stampFile) || readJson(stampFile).stamp !== wantedStamp()) return false;
  return manifests().every((path) => readJson(path).dependencies === undefined || existsSync(join(dirname(path), 'node_modules')));
}

async function install() {
  if (isInstalled()) return;
  const pin = readJson(join(root, 'package.json')).packageManager;
  const args = ['-y', pin, 'install', '--frozen-lockfile', '--reporter=append-only'];
  // CI: pnpm asks no questions. npm_config_yes: neither does npx, whatever the user's .npmrc says.
  const env = { ...process.env, CI: 'true', npm_config_yes: 'true', npm_config_loglevel: 'error', npm_config_update_notifier: 'false' };
  await step(`Installing packages with ${pin}`, async (note) => {
    const onText = (/** @type {string} */ text) => {
      const counts = /resolved (\d+), reused \d+, downloaded \d+, added (\d+)/.exec(text.slice(text.lastIndexOf('Progress:')));
      if (counts) note(`${counts[2]} of ${counts[1]}`);
    };
    const { code, output } = await run('npx', args, { cwd: root, env, onText });
    if (code === 0) return;
    const remedy = /OUTDATED_LOCKFILE/.test(output)
      ? `A package.json does not fit pnpm-lock.yaml: run "npx -y ${pin} install" and commit the lock file.`
      : `Check that npm's registry can be reached (npm config get registry), then run the command again. By hand: npx ${args.join(' ')}`;
    throw new BootstrapError(`Installing the packages failed:\n${lastLines(output, 25)}\n${remedy}`);
  });
  writeFileSync(stampFile, JSON.stringify({ stamp: wantedStamp() }));
}

/** @param {string[]} targets */
async function build(targets) {
  const args = ['run-many', '-t', ...targets, '--output-style=static'];
  await step('Building', async (note) => {
    const { code, output } = await nx(args);
    if (code !== 0)
      throw new BootstrapError(
        `The build failed:\n${lastLines(worthReading(output), 40)}\nTo see all of it: node ${relative(root, nxProgram())} ${args.join(' ')}`,
      );
    const cached = /from the cache instead of running the command for (\d+) out of (\d+) tasks/.exec(output);
    if (cached && cached[1] === cached[2]) note('up to date');
  });
}

function nxProgram() {
  const folder = join(root, 'node_modules/nx');
  return join(folder, readJson(join(folder, 'package.json')).bin.nx);
}

/**
 * Runs Nx: no daemon, no terminal interface, no cloud, no questions.
 * @param {string[]} args
 * @param {{ env?: Record<string, string | undefined>, onText?: (text: string) => void }} [options] variables to add or (undefined) to take away
 */
export function nx(args, options = {}) {
  // Inside a task of Nx its variables would make the inner one take itself for the outer one's child.
  const outer = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('NX_')));
  const colour = process.stdout.isTTY && !process.env.NO_COLOR ? {} : { FORCE_COLOR: '0', NO_COLOR: '1' };
  const env = { ...outer, NX_DAEMON: 'false', NX_TUI: 'false', NX_NO_CLOUD: 'true', NX_INTERACTIVE: 'false', ...colour, ...options.env };
  return run(process.execPath, [nxProgram(), ...args], { cwd: root, env, onText: options.onText });
}

/**
 * Runs a tool's main function; an error that says what to do is shown without its stack.
 * @param {() => Promise<number | void>} main gives the exit code
 */
export async function runTool(main) {
  try {
    process.exitCode = (await main()) ?? 0;
  } catch (error) {
    console.error(
      red(error instanceof BootstrapError ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error)),
    );
    process.exitCode = 1;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [flag] = process.argv.slice(2);
  await runTool(() => bootstrap(flag === '--no-build' ? { targets: [] } : flag === '--only-bundles' ? { targets: ['bundle'] } : {}));
}
