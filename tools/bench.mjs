// `npm run bench -- --agents 34,200,1000 --councils 50`: the product beside a bare JetStream loop and a core subscription, in one run.
// Writes bench-results/<time>.json and .md, and prints the latter. BENCH_PROFILE=fleet.mjs (or baseline.mjs) keeps a CPU profile beside them.
import { mkdirSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';
import { bootstrap } from './bootstrap.mjs';
import { report } from './bench/report.mjs';
import { runSize } from './bench/run-size.mjs';

const usage = 'npm run bench -- [--agents 34,200,1000] [--councils 50] [--roles 8] [--nats-server PATH]';

/** @param {string} message @returns {never} */
function fail(message) {
  console.error(`bench: ${message}\nusage: ${usage}`);
  process.exit(2);
}

const wholeNumbers = (text, name, most) =>
  text.split(',').map((part) => {
    const number = Number(part);
    if (!Number.isInteger(number) || number < 1 || number > most)
      fail(`--${name} must be whole numbers from 1 to ${most}, but has "${part}"`);
    return number;
  });

let options;
try {
  options = parseArgs({
    options: {
      agents: { type: 'string', default: '34,200,1000' },
      councils: { type: 'string', default: '50' },
      roles: { type: 'string', default: '8' },
      'nats-server': { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  }).values;
} catch (error) {
  fail(error instanceof Error ? error.message : String(error));
}
if (options.help) {
  console.log(usage);
  process.exit(0);
}
const sizes = wholeNumbers(options.agents, 'agents', 5_000);
const [councils = 50] = wholeNumbers(options.councils, 'councils', 10_000);
const [roles = 8] = wholeNumbers(options.roles, 'roles', 64);

await bootstrap();
const results = [];
for (const agents of sizes) {
  console.error(`bench: ${agents} agents, ${councils} councils of ${roles} roles …`);
  results.push(await runSize({ agents, councils, roles: Math.min(roles, agents), binary: options['nats-server'] }));
}
const folder = fileURLToPath(new URL('../bench-results/', import.meta.url));
mkdirSync(folder, { recursive: true });
const stamp = new Date().toISOString().replaceAll(/[:.]/g, '-');
const text = report(results);
writeFileSync(`${folder}${stamp}.json`, `${JSON.stringify({ at: new Date().toISOString(), node: process.version, results }, null, 2)}\n`);
writeFileSync(`${folder}${stamp}.md`, text);
console.log(text);
console.error(`bench: written to bench-results/${stamp}.json and .md`);
process.exit(0);
