import { access, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { binaryVersion } from './binary-version.js';
import { keepBinary } from './keep-binary.js';
import { runCommand } from './run-command.js';

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';
/** Newest first: a test on the current broker says more. The machine's own sources come last, whatever distribution that is. */
const SUITES = ['sid', 'trixie', "the machine's own sources"] as const;
type Suite = (typeof SUITES)[number];

/**
 * Fetches nats-server with apt, into private folders: no root, and the machine's own package state stays as it is.
 * Signatures are checked by apt with Debian's keyring, or with the keys of the machine's own sources.
 * @param target where the binary is put
 * @returns the version fetched
 * @throws Error naming why each suite failed
 */
export async function fetchWithApt(target: string): Promise<{ version: string; suite: string }> {
  const reasons: string[] = [];
  for (const suite of SUITES) {
    const work = await mkdtemp(join(tmpdir(), 'nats-server-apt-'));
    try {
      const binary = await downloadPackage(suite, work);
      const version = await binaryVersion(binary);
      await keepBinary(binary, target);
      return { version, suite };
    } catch (error) {
      reasons.push(`${suite}: ${error instanceof Error ? error.message : String(error)}`);
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  }
  throw new Error(reasons.join('; '));
}

async function downloadPackage(suite: Suite, work: string): Promise<string> {
  for (const folder of ['state/lists/partial', 'cache/archives/partial', 'package']) await mkdir(join(work, folder), { recursive: true });
  await writeFile(join(work, 'state/status'), '');
  const options = ['-qq', ...aptFolders(work), ...(await aptSources(suite, work))];
  try {
    await runCommand('apt-get', [...options, 'update'], { timeoutMs: 120_000, cwd: work });
  } catch (error) {
    // One broken third-party source fails the whole update, though the lists that matter have come.
    if (suite === 'sid' || suite === 'trixie') throw error;
  }
  await runCommand('apt-get', [...options, 'download', 'nats-server'], { timeoutMs: 120_000, cwd: work });
  const archive = (await readdir(work)).find((file) => /^nats-server_.*\.deb$/.test(file));
  if (archive === undefined) throw new Error('apt-get download left no nats-server package');
  await runCommand('dpkg', ['-x', archive, 'package'], { timeoutMs: 60_000, cwd: work });
  return join(work, 'package/usr/sbin/nats-server');
}

function aptFolders(work: string): string[] {
  const settings = {
    'Dir::State': join(work, 'state'),
    'Dir::State::status': join(work, 'state/status'),
    'Dir::State::Lists': join(work, 'state/lists'),
    'Dir::Cache': join(work, 'cache'),
    // apt drops to its own user when it runs as root, and that user may not write here.
    'APT::Sandbox::User': 'root',
    'Acquire::Languages': 'none',
    'Acquire::Retries': '2',
  };
  return Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
}

async function aptSources(suite: Suite, work: string): Promise<string[]> {
  if (suite !== 'sid' && suite !== 'trixie') return [];
  await access(KEYRING).catch(() => {
    throw new Error(`${KEYRING} is missing, so Debian's signatures cannot be checked`);
  });
  const list = join(work, 'sources.list');
  await writeFile(list, `deb [signed-by=${KEYRING}] ${await debianMirror()} ${suite} main\n`);
  return ['-o', `Dir::Etc::SourceList=${list}`, '-o', 'Dir::Etc::SourceParts=/dev/null'];
}

/** The Debian mirror that this machine is set up for, or Debian's own. */
async function debianMirror(): Promise<string> {
  const parts = await readdir('/etc/apt/sources.list.d').catch(() => []);
  const files = ['/etc/apt/sources.list', ...parts.map((file) => join('/etc/apt/sources.list.d', file))];
  for (const file of files) {
    const text = await readFile(file, 'utf8').catch(() => '');
    for (const line of text.split('\n')) {
      const mirror = line.trimStart().startsWith('#') ? undefined : /https?:\/\/\S+\/debian\/?(?=\s|$)/.exec(line)?.[0];
      if (mirror !== undefined) return mirror;
    }
  }
  return 'http://deb.debian.org/debian';
}
