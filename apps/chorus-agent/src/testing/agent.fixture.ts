import { createLogger } from '@whoosh/service-runtime';
import { startNatsServer } from '@whoosh/testing';
import type { NatsServer } from '@whoosh/testing';
import { loadAgentConfig } from '../config/load-agent-config.js';
import { startAgent } from '../start-agent.js';
import type { AgentOptions, RunningAgent } from '../start-agent.js';
import { CoordinatorFixture } from './coordinator.fixture.js';

/** One line of an agent's log. */
export type LogLine = Readonly<Record<string, unknown>> & { readonly level: string; readonly msg: string };

/** A running agent and what it logged. */
export interface TestAgent extends RunningAgent {
  readonly lines: LogLine[];
  /** The lines with a sentence. */
  said(sentence: string): LogLine[];
}

/** A broker with a coordinator's hands on it, and the agents of one spec file; everything ends in `stop()`. */
export class TestBed {
  private readonly agents: TestAgent[] = [];

  private constructor(
    readonly nats: NatsServer,
    readonly coordinator: CoordinatorFixture,
  ) {}

  static async start(): Promise<TestBed> {
    const nats = await startNatsServer();
    const coordinator = new CoordinatorFixture(nats.url);
    await coordinator.start();
    return new TestBed(nats, coordinator);
  }

  /**
   * Starts an agent in this process. No door unless the options say so; work goes on until the council ends.
   * @param env settings beside the broker's address
   */
  async agent(env: NodeJS.ProcessEnv, options: AgentOptions = {}): Promise<TestAgent> {
    const agent = await startTestAgent({ NATS_URL: this.nats.url, ...env }, options);
    this.agents.push(agent);
    return agent;
  }

  /** Stops the agents that were started since the last call. */
  async stopAgents(): Promise<void> {
    await Promise.all(this.agents.splice(0).map((agent) => agent.stop()));
  }

  async stop(): Promise<void> {
    await this.stopAgents();
    await this.coordinator.stop();
    await this.nats.stop();
  }
}

/** Starts an agent that keeps its log in memory. */
export async function startTestAgent(env: NodeJS.ProcessEnv, options: AgentOptions = {}): Promise<TestAgent> {
  const lines: LogLine[] = [];
  const config = loadAgentConfig({ CHORUS_AGENT_PORT: '0', CHORUS_AGENT_HOST: '127.0.0.1', CHORUS_WORK_DURATION_MS: '-1', ...env });
  const destination = { write: (line: string) => void lines.push(JSON.parse(line) as LogLine) };
  const logger = createLogger({ name: 'agent', level: 'debug', destination });
  const agent = await startAgent(config, { logger, door: false, ...options });
  return Object.assign(agent, { lines, said: (sentence: string) => lines.filter(({ msg }) => msg === sentence) });
}
