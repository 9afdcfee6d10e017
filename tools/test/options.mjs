// The options of `npm test`.

/** The steps of a full run, in their order. */
export const STEPS = ['lint', 'types', 'docs', 'unit', 'int', 'e2e'];

export const USAGE = `npm test [-- options]

  --only STEP,…              some of: ${STEPS.join(', ')}
  --versions NAME=PATH,…     run the integration tests on each of these nats-server binaries, e.g. 2.9=/opt/nats-server-2.9
  --help                     this text

Environment: REQUIRE_CONTAINERS=1 makes the run fail when no Docker engine answers. NATS_SERVER_BIN names the nats-server to use.`;

/** The options are wrong; the message says how. */
export class UsageError extends Error {}

/**
 * @typedef {object} TestOptions
 * @property {string[]} only the steps to run
 * @property {{ name: string, path: string }[]} versions empty: the server that the resolver finds
 * @property {boolean} help
 */

/**
 * @param {string[]} argv without node and the script
 * @returns {TestOptions}
 * @throws UsageError
 */
export function parseOptions(argv) {
  /** @type {TestOptions} */
  const options = { only: STEPS, versions: [], help: false };
  for (let i = 0; i < argv.length; i += 1) {
    const [name, inline] = split(argv[i] ?? '');
    if (name === '--help' || name === '-h') options.help = true;
    else if (name === '--only') options.only = steps(inline ?? argv[(i += 1)]);
    else if (name === '--versions') options.versions = versions(inline ?? argv[(i += 1)]);
    else throw new UsageError(`npm test has no option ${name}.`);
  }
  return options;
}

/** @param {string} argument @returns {[string, string | undefined]} */
function split(argument) {
  const at = argument.startsWith('--') ? argument.indexOf('=') : -1;
  return at < 0 ? [argument, undefined] : [argument.slice(0, at), argument.slice(at + 1)];
}

/** @param {string | undefined} text */
function steps(text) {
  const chosen = (text ?? '').split(',').filter(Boolean);
  const unknown = chosen.filter((step) => !STEPS.includes(step));
  if (chosen.length === 0 || unknown.length > 0) throw new UsageError(`--only takes some of ${STEPS.join(', ')}, not "${text ?? ''}".`);
  return STEPS.filter((step) => chosen.includes(step));
}

/** @param {string | undefined} text */
function versions(text) {
  const pairs = (text ?? '').split(',').filter(Boolean);
  if (pairs.length === 0) throw new UsageError('--versions takes NAME=PATH,…');
  return pairs.map((pair) => {
    const [name = '', path = ''] = pair.split('=');
    if (!/^[\w.-]+$/.test(name) || path === '') throw new UsageError(`--versions takes NAME=PATH,… and "${pair}" is no such pair.`);
    return { name, path };
  });
}
