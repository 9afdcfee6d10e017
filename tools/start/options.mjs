// The options of `npm start`.

export const USAGE = `npm start [-- options]

  --agents N    how many agents to start (default 4)
  --port P      port of the coordinator (default 8080, or the next free one)
  --help        this text

Environment: NATS_URL uses a broker that runs already; NATS_SERVER_BIN names the nats-server to start. WHOOSH_… and CHORUS_… variables
reach the coordinator and the agents. State and logs are kept in .whoosh; delete that folder to begin anew.`;

/** The options are wrong; the message says how. */
export class UsageError extends Error {}

/**
 * @typedef {object} StartOptions
 * @property {number} agents
 * @property {number | undefined} port `undefined`: 8080 or the next free one
 * @property {boolean} help
 */

/**
 * @param {string[]} argv without node and the script
 * @param {NodeJS.ProcessEnv} env `WHOOSH_PORT` counts as `--port`
 * @returns {StartOptions}
 * @throws UsageError
 */
export function parseOptions(argv, env) {
  const fromEnv = env['WHOOSH_PORT'] ? wholeNumber('WHOOSH_PORT', env['WHOOSH_PORT'], 1, 65_535) : undefined;
  /** @type {StartOptions} */
  const options = { agents: 4, port: fromEnv, help: false };
  for (let i = 0; i < argv.length; i += 1) {
    const argument = argv[i] ?? '';
    const at = argument.indexOf('=');
    const name = at < 0 ? argument : argument.slice(0, at);
    const value = () => (at < 0 ? argv[(i += 1)] : argument.slice(at + 1));
    if (name === '--help' || name === '-h') options.help = true;
    else if (name === '--agents') options.agents = wholeNumber(name, value(), 0, 1_000);
    else if (name === '--port') options.port = wholeNumber(name, value(), 1, 65_535);
    else throw new UsageError(`npm start has no option ${name}.`);
  }
  return options;
}

/**
 * @param {string} name
 * @param {string | undefined} text
 * @param {number} least
 * @param {number} most
 */
function wholeNumber(name, text, least, most) {
  const number = Number(text);
  if (/^\d+$/.test(text ?? '') && number >= least && number <= most) return number;
  throw new UsageError(`${name} takes a whole number from ${least} to ${most}${text === undefined ? '' : `, not "${text}"`}.`);
}
