import { ConfigError, loadConfig } from '@whoosh/service-runtime';
import { AGENT_ENV_PREFIXES, AgentConfig } from './agent.config.js';

const load = (env: NodeJS.ProcessEnv) => loadConfig(AgentConfig, { env, ownPrefixes: AGENT_ENV_PREFIXES });

function settingsRefused(env: NodeJS.ProcessEnv): string[] {
  try {
    load(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.violations.map(({ setting }) => setting);
    throw error;
  }
  return [];
}

describe('the configuration of an agent', () => {
  it('needs no setting at all', () => {
    expect(load({})).toMatchObject({
      servers: ['nats://backbeat-nats:4222'],
      serviceName: 'CHORUS_chorus',
      port: 8080,
      roles: [],
      maxTasks: 5,
      presenceIntervalMs: 10_000,
      workDurationMs: 30_000,
      formationWindowMs: 60_000,
      streamReplicas: 1,
    });
  });

  it('takes several servers, roles and skills as lists', () => {
    const config = load({ NATS_URL: 'nats://a:4222, tls://b:4223', CHORUS_ROLES: 'tpm, developer', CHORUS_SKILLS: 'go,nats' });
    expect([config.servers, config.roles, config.skills]).toEqual([
      ['nats://a:4222', 'tls://b:4223'],
      ['tpm', 'developer'],
      ['go', 'nats'],
    ]);
  });

  it.each([
    'nats://localhost:4222',
    'localhost',
    '10.0.0.1:4222',
    'nats://user:pass@host:4222',
    'nats://[::1]:4222',
    'wss://nats.example.org/',
  ])('takes %s for a server', (url) => {
    expect(load({ NATS_URL: url }).servers).toEqual([url]);
  });

  it('refuses each bad setting and each unknown one of ours, all at once', () => {
    const refused = settingsRefused({
      NATS_URL: 'http://localhost:4222',
      CHORUS_AGENT_ID: 'not a token',
      CHORUS_AGENT_PORT: '80 80',
      CHORUS_MAX_TASKS: '-1',
      CHORUS_WORK_DURATION_MS: '-2',
      CHORUS_STREAM_REPLICAS: '2',
      CHORUS_LOG_LEVEL: 'loud',
      CHORUS_AGENT_NAMES: 'x',
    });
    expect(refused.sort()).toEqual([
      'CHORUS_AGENT_ID',
      'CHORUS_AGENT_NAMES',
      'CHORUS_AGENT_PORT',
      'CHORUS_LOG_LEVEL',
      'CHORUS_MAX_TASKS',
      'CHORUS_STREAM_REPLICAS',
      'CHORUS_WORK_DURATION_MS',
      'NATS_URL',
    ]);
  });

  it('leaves variables of others alone', () => {
    expect(settingsRefused({ PATH: '/bin', WHOOSH_PORT: '1' })).toEqual([]);
  });
});
