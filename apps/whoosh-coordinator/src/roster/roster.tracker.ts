import { AgentPresence, BUCKETS, decode, encode } from '@whoosh/council-contracts';
import { type Broker, DocumentBucket } from '@whoosh/jetstream';
import type { Logger } from '@whoosh/service-runtime';
import type { ExpectedAgent } from '../deliveries/roster.document.js';
import { assess, type Beat, isReachable, type Roster, type RosterEntry } from './roster.js';

/** An agent's presence as a change in the stream of changes. */
export interface PresenceChange {
  readonly agentId: string;
  /** Absent when the agent left. */
  readonly entry?: RosterEntry;
  readonly revision: number;
}

/**
 * Keeps the last beat of every agent, fed by a watch of the bucket `chorus_agents`, and judges who is there.
 * The judgement itself is `assess`; this class only holds its input.
 */
export class RosterTracker {
  private readonly beats = new Map<string, Beat>();
  private readonly revisions = new Map<string, number>();
  private readonly departed = new Map<string, string>();
  private readonly listeners = new Set<(change: PresenceChange) => void>();
  private graceFromMs = Date.now();
  private assessed: { roster: Roster; atMs: number } | undefined;
  private stale = false;
  private caughtUp = false;
  private highestRevision = 0;

  constructor(
    private readonly broker: Broker,
    private readonly logger: Logger,
  ) {}

  /** Reads who is there and follows it until the signal. @returns when the present state is read */
  async start(signal: AbortSignal): Promise<void> {
    this.broker.onStatus((event) => {
      if (event.type === 'reconnected') this.graceFromMs = Date.now();
    });
    const bucket = new DocumentBucket<AgentPresence>(this.broker, BUCKETS.agents.name, {
      encode,
      decode: (bytes) => decode(AgentPresence, bytes),
    });
    const watch = bucket.watch({
      signal,
      onEntry: ({ key, value, revision, createdAt, operation, error }) => {
        if (error !== undefined) this.logger.warn({ agent_id: key, error }, 'Presence that cannot be read is ignored');
        else if (operation !== 'PUT' || value === undefined) this.leave(key, revision);
        else if (value.agent_id !== key)
          this.logger.warn({ agent_id: key, claimed: value.agent_id }, 'Presence under another key is ignored');
        else this.beat(value, revision, this.caughtUp ? Date.now() : createdAt.getTime());
      },
    });
    await watch.caughtUp;
    this.caughtUp = true;
  }

  /** Who is there now. At most a tenth of a second old. */
  roster(nowMs = Date.now()): Roster {
    if (this.assessed === undefined || nowMs - this.assessed.atMs > 100) {
      this.assessed = { roster: this.assessAt(nowMs), atMs: nowMs };
    }
    return this.assessed.roster;
  }

  private assessAt(nowMs: number): Roster {
    const roster = assess(this.beats, this.graceFromMs, nowMs, this.departed);
    if (roster.stale === this.stale) return roster;
    this.stale = roster.stale;
    if (roster.stale) {
      this.logger.warn({ agents: this.beats.size }, 'Presence stale: nobody beats, so liveness is frozen and nothing is declared lost');
      return roster;
    }
    // The first beat after the silence: whoever has not beaten yet is judged by its silence from now on.
    this.graceFromMs = nowMs;
    this.logger.info({ agents: this.beats.size }, 'Presence is back; silence counts from now on');
    return assess(this.beats, this.graceFromMs, nowMs, this.departed);
  }

  /** Everybody an announcement is meant for, by agent id. */
  reachableAgents(): ExpectedAgent[] {
    return [...this.roster().entries.values()]
      .filter(isReachable)
      .map(({ presence }) => ({ agent_id: presence.agent_id, instance_id: presence.instance_id, agent_name: presence.agent_name }))
      .sort((a, b) => (a.agent_id < b.agent_id ? -1 : 1));
  }

  get revision(): number {
    return this.highestRevision;
  }

  /** Agents that changed after a revision of the bucket. */
  changedSince(revision: number): PresenceChange[] {
    const { entries } = this.roster();
    return [...this.revisions]
      .filter(([, changed]) => changed > revision)
      .map(([agentId, changed]) => this.changeOf(agentId, changed, entries.get(agentId)));
  }

  /** @returns a function that ends the listening */
  onChange(listener: (change: PresenceChange) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private beat(presence: AgentPresence, revision: number, seenAtMs: number): void {
    const before = this.beats.get(presence.agent_id)?.presence;
    if (
      before !== undefined &&
      before.instance_id !== presence.instance_id &&
      Date.parse(before.started_at) > Date.parse(presence.started_at)
    ) {
      this.logger.warn(
        { agent_id: presence.agent_id, instance_id: presence.instance_id, newer_instance_id: before.instance_id },
        'An older process beats under the same agent id; the newer one counts. Give each process its own CHORUS_AGENT_ID',
      );
      return;
    }
    this.beats.set(presence.agent_id, { presence, seenAtMs });
    this.departed.delete(presence.agent_id);
    this.changed(presence.agent_id, revision);
  }

  private leave(agentId: string, revision: number): void {
    const before = this.beats.get(agentId)?.presence;
    if (before !== undefined) this.departed.set(agentId, before.instance_id);
    if (this.departed.size > MAX_DEPARTED) this.departed.delete(this.departed.keys().next().value ?? '');
    this.beats.delete(agentId);
    this.changed(agentId, revision);
  }

  private changed(agentId: string, revision: number): void {
    this.assessed = undefined;
    this.revisions.set(agentId, revision);
    this.highestRevision = Math.max(this.highestRevision, revision);
    if (this.listeners.size === 0) return;
    const change = this.changeOf(agentId, revision, this.roster().entries.get(agentId));
    for (const listener of this.listeners) listener(change);
  }

  private changeOf(agentId: string, revision: number, entry: RosterEntry | undefined): PresenceChange {
    return { agentId, revision, ...(entry === undefined ? {} : { entry }) };
  }
}

/** Agents whose goodbye is remembered, so that their roles reopen at once. */
const MAX_DEPARTED = 10_000;
