import { randomUUID } from 'node:crypto';
import {
  agentKey,
  AgentPresence,
  BUCKETS,
  claimMessageId,
  claimSubject,
  CouncilOpportunity,
  CouncilStatusUpdate,
  decode,
  encode,
  HEADER,
  offerSubject,
  RoleClaim,
  RoleOffer,
  RoleOfferReply,
  STREAMS,
  SUBJECTS,
} from '@whoosh/council-contracts';
import type { HeldRole, RoleProgress } from '@whoosh/council-contracts';
import type { PortListening, ReferenceAgentPort } from './reference-agent.port.js';

/** How a ReferenceAgent behaves; without a script it claims its roles and accepts every offer. */
export interface ReferenceScript {
  /** Its answer: fields that differ from a plain claim, or silence. */
  answer?(opportunity: CouncilOpportunity): Partial<RoleClaim> | 'silent' | Promise<Partial<RoleClaim> | 'silent'>;
  /** Whether it takes a role; a text is the reason of a refusal. */
  onOffer?(offer: RoleOffer): boolean | string | 'silent' | Promise<boolean | string | 'silent'>;
  /** Called after each status update was recorded. */
  onStatus?(update: CouncilStatusUpdate, agent: ReferenceAgent): void | Promise<void>;
}

/** Who a ReferenceAgent is. */
export interface ReferenceAgentOptions {
  readonly port: ReferenceAgentPort;
  readonly agentId: string;
  /** Roles that it bids for, with confidence 1; any unless told. */
  readonly roles?: readonly string[];
  readonly capabilities?: readonly string[];
  /** 5 unless told. */
  readonly maxTasks?: number;
  /** What presence tells about its interval; 10,000 unless told. Beats are sent at changes and by {@link ReferenceAgent.beat} only. */
  readonly intervalMs?: number;
  /** Random unless told: a test that restarts an agent gives another one. */
  readonly instanceId?: string;
  readonly script?: ReferenceScript;
}

/**
 * A scriptable agent for tests of whoever stands opposite: it speaks the protocol over a real broker and records what it was told.
 * It does what its script says, also what no sound agent would do, and nothing by itself: no timers, no fencing.
 */
export class ReferenceAgent {
  readonly agentId: string;
  readonly instanceId: string;
  /** In the order in which they came, with repetitions. */
  readonly opportunities: CouncilOpportunity[] = [];
  readonly offers: RoleOffer[] = [];
  readonly statuses: CouncilStatusUpdate[] = [];
  readonly claims: RoleClaim[] = [];
  private readonly held = new Map<string, HeldRole>();
  private readonly startedAt = new Date().toISOString();
  private listening: PortListening[] = [];
  private seq = 0;

  constructor(private readonly options: ReferenceAgentOptions) {
    this.agentId = options.agentId;
    this.instanceId = options.instanceId ?? randomUUID();
  }

  /** Listens, then says that it is there. */
  async start(): Promise<this> {
    const { port } = this.options;
    const { name: stream } = STREAMS.councils;
    this.listening = await Promise.all([
      port.follow(stream, SUBJECTS.forming.pattern, ({ payload }) => this.hear(decode(CouncilOpportunity, payload))),
      port.follow(stream, SUBJECTS.status.pattern, ({ payload }) => this.learn(decode(CouncilStatusUpdate, payload))),
    ]);
    this.listening.push(port.respond(offerSubject(this.agentId), ({ payload }) => this.consider(decode(RoleOffer, payload))));
    await this.beat();
    return this;
  }

  /** Leaves as a sound agent does: says so, stops listening, deletes its key. */
  async leave(): Promise<void> {
    await this.beat({ state: 'leaving', available_for_work: false });
    await this.vanish();
    await this.options.port.remove(BUCKETS.agents.name, agentKey(this.agentId));
  }

  /** Is gone without a word, as after a crash: its key stays. */
  async vanish(): Promise<void> {
    await Promise.all(this.listening.splice(0).map((each) => each.stop()));
  }

  /** The roles that it believes to hold. */
  holding(): HeldRole[] {
    return [...this.held.values()];
  }

  /**
   * Writes its presence.
   * @param overrides what is told otherwise, for example another `ts` or no `holding`
   */
  async beat(overrides: Partial<AgentPresence> = {}): Promise<void> {
    const maxTasks = this.options.maxTasks ?? 5;
    const tasks = this.holding().filter(({ progress }) => progress !== 'done').length;
    const presence = Object.assign(new AgentPresence(), {
      agent_id: this.agentId,
      instance_id: this.instanceId,
      agent_name: `Reference ${this.agentId}`,
      state: tasks === 0 ? 'ready' : tasks < maxTasks ? 'working' : 'busy',
      available_for_work: tasks < maxTasks,
      current_tasks: tasks,
      max_tasks: maxTasks,
      capabilities: [...(this.options.capabilities ?? [])],
      roles: [...(this.options.roles ?? [])],
      version: 'reference',
      interval_ms: this.options.intervalMs ?? 10_000,
      seq: (this.seq += 1),
      started_at: this.startedAt,
      ts: new Date().toISOString(),
      holding: this.holding(),
      ...overrides,
    });
    await this.options.port.put(BUCKETS.agents.name, agentKey(this.agentId), encode(presence));
  }

  /** Tells how far it is with its role in a council; `undefined` makes it forget the role. */
  async report(councilId: string, progress: RoleProgress | undefined): Promise<void> {
    const role = this.held.get(councilId);
    if (role === undefined) throw new Error(`${this.agentId} holds no role in ${councilId}`);
    if (progress === undefined) this.held.delete(councilId);
    else this.held.set(councilId, Object.assign(role, { progress }));
    await this.beat();
  }

  /**
   * Publishes an answer, asked or not.
   * @param opportunity what is answered
   * @param overrides fields that differ from a plain claim
   */
  async claim(opportunity: CouncilOpportunity, overrides: Partial<RoleClaim> = {}): Promise<void> {
    const { council_id: councilId, attempt } = opportunity;
    const { roles } = this.options;
    const bids = opportunity.open_roles.filter((name) => roles?.includes(name) ?? true).map((role_name) => ({ role_name, confidence: 1 }));
    const claim = Object.assign(new RoleClaim(), {
      council_id: councilId,
      attempt,
      agent_id: this.agentId,
      instance_id: this.instanceId,
      agent_name: `Reference ${this.agentId}`,
      response: bids.length > 0 ? 'claim' : 'decline',
      bids,
      capabilities: [...(this.options.capabilities ?? [])],
      load: { current_tasks: this.held.size, max_tasks: this.options.maxTasks ?? 5 },
      received_at: new Date().toISOString(),
      delivery_count: 1,
      via: 'nats',
      expires_at: opportunity.formation_deadline,
      ...overrides,
    });
    this.claims.push(claim);
    const messageId = claimMessageId(councilId, attempt, this.agentId, this.instanceId);
    await this.options.port.publish(claimSubject(councilId, this.agentId), encode(claim), {
      messageId,
      headers: { [HEADER.councilId]: councilId },
    });
  }

  private async hear(opportunity: CouncilOpportunity): Promise<void> {
    this.opportunities.push(opportunity);
    const answer = (await this.options.script?.answer?.(opportunity)) ?? {};
    if (answer !== 'silent') await this.claim(opportunity, answer);
  }

  private async consider(offer: RoleOffer): Promise<Uint8Array | undefined> {
    this.offers.push(offer);
    const decision = (await this.options.script?.onOffer?.(offer)) ?? true;
    if (decision === 'silent') return undefined;
    const { offer_id, council_id, role_name, generation } = offer;
    if (decision === true) {
      this.held.set(council_id, { council_id, role_name, generation, progress: 'assigned' });
      await this.beat();
    }
    const reason = typeof decision === 'string' ? decision : decision ? undefined : 'refused by the script';
    const reply = { offer_id, accept: decision === true, agent_id: this.agentId, instance_id: this.instanceId, reason };
    return encode(Object.assign(new RoleOfferReply(), reply));
  }

  private async learn(update: CouncilStatusUpdate): Promise<void> {
    this.statuses.push(update);
    const role = this.held.get(update.council_id);
    const stillMine = update.roles.some(
      ({ role_name, generation, agent_id = this.agentId, state }) =>
        role_name === role?.role_name &&
        // An update of an earlier generation, or from before the offer, arrived late.
        (generation < role.generation || (generation === role.generation && agent_id === this.agentId && state !== 'released')),
    );
    if (role !== undefined && !stillMine) {
      this.held.delete(update.council_id);
      await this.beat();
    }
    await this.options.script?.onStatus?.(update, this);
  }
}
