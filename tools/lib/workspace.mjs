// The checkout that these tools belong to. Uses Node alone: it runs before anything is installed.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Absolute path of the checkout. */
export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Everything that running leaves behind: logs, the broker's store, the state of `npm start`. Ignored by git. */
export const whooshFolder = join(root, '.whoosh');

/**
 * @param {string} path
 * @returns {any} the parsed file
 */
export function readJson(path) {
  return JSON.parse(readFileSync(path, 'utf8'));
}

/** @returns {string[]} the package.json of the root and of every project, absolute */
export function manifests() {
  const projects = ['apps', 'libs'].flatMap((folder) =>
    existsSync(join(root, folder)) ? readdirSync(join(root, folder)).map((name) => join(root, folder, name, 'package.json')) : [],
  );
  return [join(root, 'package.json'), ...projects.filter((path) => existsSync(path)).sort()];
}
