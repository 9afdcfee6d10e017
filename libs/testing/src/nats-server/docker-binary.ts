import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { binaryVersion } from './binary-version.js';
import { keepBinary } from './keep-binary.js';
import { runCommand } from './run-command.js';

/** Alpine images hold the binary in the first place, the scratch image in the second. */
const PLACES = ['/usr/local/bin/nats-server', '/nats-server'] as const;
const PULLED = 'nats:alpine';

/**
 * Copies nats-server out of the official image: the newest `nats` image that the engine has, or `nats:alpine` from the registry.
 * No container is run.
 * @param target where the binary is put
 * @returns the version and the image that it came from
 * @throws Error when no engine answers, or the image cannot be had, or its binary does not run here
 */
export async function fetchFromDocker(target: string): Promise<{ version: string; image: string }> {
  const image = (await localImage()) ?? PULLED;
  const work = await mkdtemp(join(tmpdir(), 'nats-server-docker-'));
  const { stdout } = await runCommand('docker', ['create', image], { timeoutMs: 180_000 });
  const container = stdout.trim().split('\n').at(-1) ?? '';
  try {
    const binary = join(work, 'nats-server');
    await copyOut(container, binary);
    const version = await binaryVersion(binary);
    await keepBinary(binary, target);
    return { version, image };
  } finally {
    await runCommand('docker', ['rm', '-f', container], { timeoutMs: 30_000 }).catch(() => undefined);
    await rm(work, { recursive: true, force: true });
  }
}

async function localImage(): Promise<string | undefined> {
  const { stdout } = await runCommand('docker', ['image', 'ls', '--format', '{{.Repository}}:{{.Tag}}', 'nats'], { timeoutMs: 15_000 });
  const images = stdout.split('\n').filter((image) => /^nats:\S+$/.test(image) && !image.endsWith(':<none>'));
  return images.sort((a, b) => b.localeCompare(a, 'en', { numeric: true }))[0];
}

async function copyOut(container: string, binary: string): Promise<void> {
  let failure: unknown;
  for (const place of PLACES) {
    try {
      await runCommand('docker', ['cp', '-L', `${container}:${place}`, binary], { timeoutMs: 60_000 });
      return;
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}
