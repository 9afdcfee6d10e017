import { createLogger, loadConfig } from '@whoosh/service-runtime';
import { Broker, JetStreamPublisher } from '@whoosh/jetstream';
import { eventually, type NatsServer, ReferenceAgent, type ReferenceAgentOptions, startNatsServer } from '@whoosh/testing';
import { CoordinatorConfig } from '../config/coordinator.config.js';
import { type RunningCoordinator, startCoordinator } from '../coordinator.js';
import { referencePort } from './reference-port.js';

/** What the API answered. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- outside data that each test checks as far as it needs
  readonly body: any;
}

/** A real broker, coordinators in this process, and scripted agents. */
export class CoordinatorRig {
  readonly coordinators: RunningCoordinator[] = [];
  readonly agents: ReferenceAgent[] = [];
  readonly publisher: JetStreamPublisher;
  private readonly never = new AbortController();

  private constructor(
    readonly nats: NatsServer,
    readonly broker: Broker,
  ) {
    this.publisher = new JetStreamPublisher(broker);
  }

  /** @param env settings of every coordinator, beside its address and short windows */
  static async start(env: NodeJS.ProcessEnv = {}, replicas = 1): Promise<CoordinatorRig> {
    const nats = await startNatsServer();
    const broker = new Broker({ servers: [nats.url], name: 'rig' });
    await broker.connect();
    const rig = new CoordinatorRig(nats, broker);
    for (let replica = 0; replica < replicas; replica += 1) await rig.addCoordinator(env);
    return rig;
  }

  async addCoordinator(env: NodeJS.ProcessEnv = {}): Promise<RunningCoordinator> {
    const settings = {
      NATS_URL: this.nats.url,
      WHOOSH_PORT: '0',
      WHOOSH_HOST: '127.0.0.1',
      WHOOSH_REPLICA_ID: `w${this.coordinators.length + 1}`,
      WHOOSH_CLAIM_WINDOW_MS: '400',
      WHOOSH_OFFER_TIMEOUT_MS: '400',
      WHOOSH_TAKE_OVER_AFTER_MS: '300',
      ...env,
    };
    const config = loadConfig(CoordinatorConfig, { env: settings, ownPrefixes: ['WHOOSH_'] });
    const coordinator = await startCoordinator(config, createLogger({ name: 'rig', level: 'silent' }), this.never.signal, {});
    this.coordinators.push(coordinator);
    return coordinator;
  }

  /** Starts an agent and waits until every coordinator sees it. */
  async agent(agentId: string, options: Omit<Partial<ReferenceAgentOptions>, 'port' | 'agentId'> = {}): Promise<ReferenceAgent> {
    const agent = await new ReferenceAgent({ ...options, port: referencePort(this.broker), agentId }).start();
    this.agents.push(agent);
    await this.sees(
      (agents) => agents.some((one) => one.agent_id === agentId && one.instance_id === agent.instanceId),
      `${agentId} is seen`,
    );
    return agent;
  }

  /** Waits until every coordinator's list of agents is as wanted. */
  async sees(wanted: (agents: { agent_id: string; instance_id: string }[]) => boolean, what: string): Promise<void> {
    for (const index of this.coordinators.keys()) {
      await eventually(async () => wanted((await this.call('GET', '/agents', undefined, {}, index)).body.agents), { what });
    }
  }

  async call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}, replica = 0): Promise<Answer> {
    const port = this.coordinators[replica]?.port;
    const payload = body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) };
    const response = await fetch(`http://127.0.0.1:${port}/api/v1${path}`, {
      method,
      headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      ...payload,
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) };
  }

  /** Requests a council and gives its id. */
  async council(core_roles: unknown[], more: object = {}): Promise<string> {
    const { status, body } = await this.call('POST', '/councils', {
      project_name: 'p',
      repository: 'https://example.org/p',
      core_roles,
      ...more,
    });
    if (status !== 201) throw new Error(JSON.stringify(body));
    return body.council_id;
  }

  /** Waits until a council is as wanted. @returns the document */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- see Answer
  async until(councilId: string, wanted: (council: any) => boolean, what: string): Promise<any> {
    let last: unknown;
    return eventually(
      async () => {
        const { body } = await this.call('GET', `/councils/${councilId}`);
        last = body;
        return wanted(body) ? body : false;
      },
      { what: `${what} (council ${councilId})` },
    ).catch((error: unknown) => {
      throw new Error(`${String(error)}\nlast seen: ${JSON.stringify(last)}`);
    });
  }

  async stop(): Promise<void> {
    await Promise.all(this.agents.map((agent) => agent.leave().catch(() => undefined)));
    await Promise.all(this.coordinators.map((coordinator) => coordinator.stop()));
    await this.broker.drain();
    await this.nats.stop();
  }
}
