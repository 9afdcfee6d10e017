import { Broker } from '@whoosh/jetstream';
import { startNatsServer, type NatsServer } from '@whoosh/testing';
import { CouncilApi } from './council-api.js';
import { ServiceProcess, type Settings } from './service-process.js';

/** A coordinator that is ready. */
export interface Coordinator {
  readonly process: ServiceProcess;
  readonly api: CouncilApi;
}

/** An agent that listens. */
export interface Agent {
  readonly id: string;
  readonly process: ServiceProcess;
  /** Of its HTTP door. */
  readonly url: string;
}

/** What a rig begins with. */
export interface RigPlan {
  /** How many replicas; 1 unless told. */
  readonly coordinators?: number;
  /** Ids of the agents. */
  readonly agents?: readonly string[];
  readonly coordinatorSettings?: Settings;
  readonly agentSettings?: Settings;
  /** A broker that is there already; otherwise the rig starts one of its own. */
  readonly natsUrl?: string;
}

/** Roles are held until the council ends, so that nothing changes but what a test changes. */
const HELD = { CHORUS_WORK_DURATION_MS: '-1' };

/** The whole system on one machine: a real broker, coordinators and agents as processes, on free ports. `stop()` leaves nothing behind. */
export class Rig {
  readonly coordinators: Coordinator[] = [];
  readonly agents = new Map<string, Agent>();
  private readonly processes: ServiceProcess[] = [];
  private reader: Broker | undefined;
  private server: NatsServer | undefined;

  constructor(private readonly plan: RigPlan = {}) {}

  /** Starts everything of the plan. @returns when the first coordinator sees every agent */
  async start(): Promise<void> {
    const { coordinators = 1, agents = [] } = this.plan;
    if (this.plan.natsUrl === undefined) this.server = await startNatsServer();
    await Promise.all(Array.from({ length: coordinators }, () => this.startCoordinator()));
    await Promise.all(agents.map((id) => this.startAgent(id)));
    await Promise.all(this.coordinators.map(({ api }) => api.sees(agents)));
  }

  /** The broker of the rig. @throws Error when it has none of its own */
  get nats(): NatsServer {
    if (this.server === undefined) throw new Error('this rig has no broker of its own, or is not started');
    return this.server;
  }

  get natsUrl(): string {
    return this.plan.natsUrl ?? this.nats.url;
  }

  /** The API of a coordinator, the first one unless told. */
  api(index = 0): CouncilApi {
    const coordinator = this.coordinators[index];
    if (coordinator === undefined) throw new Error(`there is no coordinator ${index}`);
    return coordinator.api;
  }

  /** An agent by its id. @throws Error when there is none */
  agent(id: string): Agent {
    const agent = this.agents.get(id);
    if (agent === undefined) throw new Error(`there is no agent ${id}`);
    return agent;
  }

  /** Starts one more replica. @returns when it is ready */
  async startCoordinator(settings: Settings = {}): Promise<Coordinator> {
    const process = this.launch('whoosh-coordinator', `coordinator ${this.processes.length}`, {
      WHOOSH_PORT: '0',
      WHOOSH_HOST: '127.0.0.1',
      ...this.plan.coordinatorSettings,
      ...settings,
    });
    const { port } = await process.says('Coordinator is ready');
    const coordinator = { process, api: new CouncilApi(`http://127.0.0.1:${String(port)}`) };
    this.coordinators.push(coordinator);
    return coordinator;
  }

  /** Starts an agent; one that the rig knows under this id is replaced, not stopped. @returns when it listens */
  async startAgent(id: string, settings: Settings = {}): Promise<Agent> {
    const process = this.launch('chorus-agent', id, {
      CHORUS_AGENT_ID: id,
      CHORUS_AGENT_NAME: `Agent ${id}`,
      CHORUS_AGENT_PORT: '0',
      CHORUS_AGENT_HOST: '127.0.0.1',
      ...HELD,
      ...this.plan.agentSettings,
      ...settings,
    });
    const { port } = await process.says('CHORUS agent starts');
    await process.says('CHORUS agent listening for council opportunities via NATS');
    const agent = { id, process, url: `http://127.0.0.1:${String(port)}` };
    this.agents.set(id, agent);
    return agent;
  }

  /** Starts a process and waits for nothing. `NATS_URL` is the rig's unless told. */
  launch(application: 'whoosh-coordinator' | 'chorus-agent', name: string, settings: Settings): ServiceProcess {
    const process = new ServiceProcess(name, application, { NATS_URL: this.natsUrl, ...settings });
    this.processes.push(process);
    return process;
  }

  /** A connection of the test's own, to read streams. */
  async broker(): Promise<Broker> {
    this.reader ??= new Broker({ servers: [this.natsUrl], name: 'council-e2e', reconnectWaitMs: 100, reconnectJitterMs: 0 });
    await this.reader.connect();
    return this.reader;
  }

  /** Every process of ours that runs. */
  running(): ServiceProcess[] {
    return this.processes.filter(({ isRunning }) => isRunning);
  }

  /** Ends all processes at once and without warning, the broker stays. */
  async killServices(): Promise<void> {
    await Promise.all(this.running().map((process) => process.stop('SIGKILL')));
    this.coordinators.length = 0;
    this.agents.clear();
  }

  /** Ends everything and removes what it left. Idempotent; safe after a start that failed. */
  async stop(): Promise<void> {
    await this.killServices();
    await this.reader?.drain(500);
    await this.server?.stop();
  }
}
