// A process with many real agents: each with its own configuration, connection, consumers and presence. Started by tools/bench.mjs.
import { loadConfig, createLogger } from '../../libs/service-runtime/dist/index.js';
import { AgentConfig, startAgent } from '../../apps/chorus-agent/dist/index.js';

const [, , natsUrl, count, first] = process.argv;
const logger = createLogger({ name: 'fleet', level: 'error', pretty: false });
const agents = [];

const start = async (index) => {
  const env = {
    NATS_URL: natsUrl,
    CHORUS_AGENT_ID: `bench-${index}`,
    CHORUS_AGENT_NAME: `Bench-${index}`,
    CHORUS_MAX_TASKS: '1000',
    CHORUS_WORK_DURATION_MS: '-1',
    CHORUS_LOG_LEVEL: 'error',
  };
  const config = loadConfig(AgentConfig, { env, ownPrefixes: ['CHORUS_'] });
  agents.push(await startAgent(config, { logger, door: false }));
};

const numbers = Array.from({ length: Number(count) }, (_, index) => Number(first ?? 0) + index);
while (numbers.length > 0) await Promise.all(numbers.splice(0, 20).map(start));
process.send?.({ ready: agents.length });

process.on('message', async (message) => {
  if (message !== 'stop') return;
  await Promise.all(agents.map((agent) => agent.stop()));
  process.send?.({ stopped: agents.length });
  process.exit(0);
});
