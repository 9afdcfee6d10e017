// The checkout that these tools belong to. Uses Node alone: it runs before anything is installed.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Absolute path of the checkout. */
export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** What running leaves behind in the checkout; ignored by git. */
export const whooshFolder = join(root, '.whoosh');

/** Logs, store and state of `npm start`. A test moves it, so that it does not meet the developer's own. */
export const startFolder = process.env.START_STATE_DIR ? resolve(process.env.START_STATE_DIR) : whooshFolder;

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
