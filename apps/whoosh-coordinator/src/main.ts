import 'reflect-metadata';
import { createLogger, loadConfig, runService } from '@whoosh/service-runtime';
import { CoordinatorConfig } from './config/coordinator.config.js';
import { startCoordinator } from './coordinator.js';

await runService({
  name: 'whoosh-coordinator',
  start: async (signal, { useLogger }) => {
    const config = loadConfig(CoordinatorConfig, { env: process.env, ownPrefixes: ['WHOOSH_'] });
    const logger = createLogger({ name: 'whoosh', level: config.logLevel });
    useLogger(logger);
    return startCoordinator(config, logger, signal, process.env);
  },
});
