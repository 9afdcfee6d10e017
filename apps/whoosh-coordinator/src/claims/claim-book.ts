import type { RoleClaim } from '@whoosh/council-contracts';
import type { AgentAnswer } from '../councils/award.js';

/** A claim as the award sees it. @param storedAt when the broker stored it */
export function answerOf(claim: RoleClaim, storedAt: Date): AgentAnswer {
  return {
    agent_id: claim.agent_id,
    instance_id: claim.instance_id,
    agent_name: claim.agent_name,
    attempt: claim.attempt,
    response: claim.response,
    ...(claim.reason === undefined ? {} : { reason: claim.reason }),
    bids: claim.bids,
    capabilities: claim.capabilities,
    expires_at: claim.expires_at,
    received_at: claim.received_at,
    answered_at: storedAt.toISOString(),
    delivery_count: claim.delivery_count,
    via: claim.via,
  };
}

interface CouncilAnswers {
  readonly byAgent: Map<string, AgentAnswer>;
  touchedAtMs: number;
}

/**
 * The answers to councils that are forming, as this replica has read them from the claims stream: the latest of each agent.
 * A cache: the stream is what lasts. Councils that no longer form are dropped by `keepOnly`.
 */
export class ClaimBook {
  private readonly councils = new Map<string, CouncilAnswers>();

  /** @returns how many agents have answered the attempt, or undefined when this answer was known or older */
  add(councilId: string, answer: AgentAnswer, nowMs: number): number | undefined {
    const council = this.councils.get(councilId) ?? { byAgent: new Map<string, AgentAnswer>(), touchedAtMs: nowMs };
    this.councils.set(councilId, council);
    council.touchedAtMs = nowMs;
    const known = council.byAgent.get(answer.agent_id);
    // An agent's last answer counts, whatever attempt it names.
    if (known !== undefined && known.answered_at > answer.answered_at) return undefined;
    if (known?.attempt === answer.attempt && known.instance_id === answer.instance_id && known.answered_at === answer.answered_at) {
      return undefined;
    }
    council.byAgent.set(answer.agent_id, answer);
    return council.byAgent.size;
  }

  answers(councilId: string): AgentAnswer[] {
    return [...(this.councils.get(councilId)?.byAgent.values() ?? [])];
  }

  /**
   * Drops the answers of councils that are done with them.
   * @param wanted whether a council still needs its answers; one that is not known yet is kept for a while
   */
  keepOnly(wanted: (councilId: string) => boolean | undefined, nowMs: number): void {
    for (const [councilId, { touchedAtMs }] of this.councils) {
      const keep = wanted(councilId) ?? nowMs - touchedAtMs < UNKNOWN_COUNCIL_KEPT_MS;
      if (!keep) this.councils.delete(councilId);
    }
  }
}

/** A claim can be read before its council: the two come by different streams. */
const UNKNOWN_COUNCIL_KEPT_MS = 60_000;
