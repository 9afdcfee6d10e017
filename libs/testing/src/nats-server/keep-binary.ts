import { randomUUID } from 'node:crypto';
import { chmod, copyFile, mkdir, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Puts a found binary into the cache in one step, so that a process that looks at the same moment sees all of it or nothing.
 * @param from the binary to copy
 * @param to its place in the cache; an older one there is replaced
 */
export async function keepBinary(from: string, to: string): Promise<void> {
  const folder = dirname(to);
  await mkdir(folder, { recursive: true });
  const incoming = `${to}.${randomUUID()}`;
  try {
    await copyFile(from, incoming);
    await chmod(incoming, 0o755);
    await rename(incoming, to);
  } finally {
    await rm(incoming, { force: true });
  }
}
