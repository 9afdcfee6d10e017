import 'reflect-metadata';
import { runService } from '@whoosh/service-runtime';
import { loadAgentConfig } from './config/load-agent-config.js';
import { startAgent } from './start-agent.js';

await runService({
  name: 'chorus-agent',
  start: async (signal, { useLogger }) => startAgent(loadAgentConfig(process.env), { signal, env: process.env, useLogger }),
});
