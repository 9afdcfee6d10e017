import { Observable } from 'rxjs';
import type { CouncilSummary, CouncilView } from '../councils/council.view.js';
import { shownAgent } from '../roster/agents.controller.js';
import type { PresenceChange, RosterTracker } from '../roster/roster.tracker.js';

/** One server-sent event. */
export interface StreamEvent {
  readonly id?: string;
  readonly type: 'snapshot' | 'council' | 'agent' | 'presence' | 'ping';
  readonly data: object;
}

/** A position in the changes of councils and agents: the revisions of the two buckets, the same on every replica. */
export interface StreamPosition {
  readonly councils: number;
  readonly agents: number;
}

/** @returns undefined when the text is no position of ours */
export function parsePosition(id: string | undefined): StreamPosition | undefined {
  const match = /^(\d{1,15})\.(\d{1,15})$/.exec(id ?? '');
  return match ? { councils: Number(match[1]), agents: Number(match[2]) } : undefined;
}

const FLUSH_EVERY_MS = 250;
const PING_EVERY_MS = 15_000;
const SNAPSHOT_COUNCILS = 200;

/**
 * Changes of councils and agents for whoever watches: a snapshot, then deltas, at most four times a second, each the newest state.
 * An event's id is a position; a client that comes back with it, to any replica, gets what changed since.
 */
export class ChangeStream {
  constructor(
    private readonly view: CouncilView,
    private readonly roster: RosterTracker,
  ) {}

  /** @param from where the client was; the snapshot is sent when absent, or when it is ahead of what this replica knows */
  open(from: StreamPosition | undefined): Observable<StreamEvent> {
    return new Observable((subscriber) => {
      const councils = new Map<string, CouncilSummary>();
      const agents = new Map<string, PresenceChange>();
      const resumable = from !== undefined && from.councils <= this.view.revision && from.agents <= this.roster.revision;
      if (resumable) {
        for (const summary of this.view.changedSince(from.councils)) councils.set(summary.council_id, summary);
        for (const change of this.roster.changedSince(from.agents)) agents.set(change.agentId, change);
      } else subscriber.next(this.snapshot());

      let stale = this.roster.roster().stale;
      let quietMs = 0;
      const flush = () => {
        const nowStale = this.roster.roster().stale;
        const events = [
          ...[...councils.values()].map((data): StreamEvent => ({ type: 'council', data })),
          ...[...agents.values()].map((change): StreamEvent => ({ type: 'agent', data: agentDelta(change) })),
          ...(nowStale === stale ? [] : [{ type: 'presence' as const, data: { presence_stale: nowStale } }]),
        ];
        councils.clear();
        agents.clear();
        stale = nowStale;
        quietMs = events.length > 0 ? 0 : quietMs + FLUSH_EVERY_MS;
        if (quietMs >= PING_EVERY_MS) {
          quietMs = 0;
          events.push({ type: 'ping', data: { at: new Date().toISOString() } });
        }
        // Only the last event of a flush carries the position: one that broke off in the middle is sent again.
        events.forEach((event, index) => subscriber.next(index === events.length - 1 ? { ...event, id: this.position() } : event));
        timer = setTimeout(flush, FLUSH_EVERY_MS);
      };
      let timer = setTimeout(flush, 0);
      const endCouncils = this.view.onChange((summary) => councils.set(summary.council_id, summary));
      const endAgents = this.roster.onChange((change) => agents.set(change.agentId, change));
      return () => {
        clearTimeout(timer);
        endCouncils();
        endAgents();
      };
    });
  }

  private snapshot(): StreamEvent {
    const { entries, stale } = this.roster.roster();
    const { councils, more } = this.view.list({ limit: SNAPSHOT_COUNCILS });
    const data = { councils, more_councils: more, agents: [...entries.values()].map(shownAgent), presence_stale: stale };
    return { type: 'snapshot', id: this.position(), data };
  }

  private position(): string {
    return `${this.view.revision}.${this.roster.revision}`;
  }
}

function agentDelta(change: PresenceChange): object {
  return change.entry === undefined ? { agent_id: change.agentId, left: true } : shownAgent(change.entry);
}
