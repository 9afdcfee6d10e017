import { setTimeout as delay } from 'node:timers/promises';
import type { CouncilOpportunity, RoleClaim } from '@whoosh/council-contracts';
import type { AgentContext } from '../agent-context.js';
import { claimOf, withReceipt } from '../claims/claim.js';
import type { Receipt } from '../claims/claim.js';
import type { Membership } from '../membership/membership.service.js';
import { AnswerMemory } from './answer-memory.js';
import type { Answer } from './answer-memory.js';
import { decideClaim } from './decide-claim.js';
import type { ClaimDecision } from './decide-claim.js';
import type { HeardOpportunity, NotUnderstood } from './heard-opportunity.js';

/** A fenced agent answers nobody: its answer would replace that of its successor. */
export class AgentFencedError extends Error {
  override readonly name = 'AgentFencedError';
  readonly code = 'agent_fenced';
  constructor(reason: string | undefined) {
    super(`This process does not answer any more: ${reason ?? 'a newer process has its agent id'}.`);
  }
}

/** How a delivery is answered. */
export interface AnswerDraft {
  readonly answer: Answer;
  readonly councilId: string;
  readonly attempt: number;
}

/** Answers opportunities, once per council and attempt, for both doors. */
export class OpportunityService {
  private readonly memory = new AnswerMemory();

  /** @param random 0 ≤ r < 1, spreads the answers of a fleet */
  constructor(
    private readonly agent: AgentContext,
    private readonly membership: Membership,
    private readonly random: () => number = Math.random,
  ) {}

  /** What is remembered of an opportunity. */
  draft(heard: HeardOpportunity): AnswerDraft {
    const councilId = 'understood' in heard ? heard.understood.council_id : heard.notUnderstood.councilId;
    const attempt = 'understood' in heard ? heard.understood.attempt : heard.notUnderstood.attempt;
    return { answer: this.memory.of(councilId, attempt), councilId, attempt };
  }

  /**
   * The claim that answers a delivery. Decided at the first delivery, after the opportunity's response jitter.
   * @param heard the opportunity
   * @param receipt what is special to this delivery
   * @param receivedAt when it came
   * @throws AgentFencedError when a newer process has the agent's id
   */
  async claimFor(heard: HeardOpportunity, receipt: Receipt, receivedAt: Date): Promise<RoleClaim> {
    this.assertNotFenced();
    const claim = await this.draft(heard).answer.decide(async () => {
      if ('understood' in heard) await this.jitter(heard.understood.response_jitter_ms);
      this.assertNotFenced();
      return 'understood' in heard ? this.decide(heard.understood, receivedAt) : this.notUnderstood(heard.notUnderstood, receivedAt);
    });
    return withReceipt(claim, receipt);
  }

  private assertNotFenced(): void {
    const { standing } = this.agent;
    if (standing.current === 'fenced') throw new AgentFencedError(standing.reason);
  }

  private decide(opportunity: CouncilOpportunity, receivedAt: Date): RoleClaim {
    const { config, standing } = this.agent;
    const load = this.membership.load();
    const heldRole = this.membership.holdingIn(opportunity.council_id)?.roleName;
    const skills = [...config.skills, ...config.capabilities];
    const snapshot = { standing: standing.current, roles: config.roles, skills, ...load, ...(heldRole === undefined ? {} : { heldRole }) };
    const { council_id: councilId, attempt, formation_deadline: deadline } = opportunity;
    // Bids are the standby order of a council that is active for long: they stand longer than its formation.
    const standsUntilMs = Math.max(Date.parse(deadline), receivedAt.getTime() + config.bidValidForMs);
    const expiresAt = new Date(standsUntilMs).toISOString();
    return this.claim(decideClaim(opportunity, snapshot, new Date()), { councilId, attempt, expiresAt, receivedAt });
  }

  private notUnderstood({ councilId, attempt, schemaVersion, formationDeadline }: NotUnderstood, receivedAt: Date): RoleClaim {
    const reason = `schema version ${schemaVersion} is not understood; this agent understands 1.x`;
    const expiresAt = formationDeadline ?? receivedAt.toISOString();
    return this.claim({ response: 'not_understood', reason }, { councilId, attempt, expiresAt, receivedAt });
  }

  private claim(decision: ClaimDecision, facts: { councilId: string; attempt: number; expiresAt: string; receivedAt: Date }): RoleClaim {
    return claimOf(this.agent.identity, this.agent.config, decision, { ...facts, currentTasks: this.membership.load().currentTasks });
  }

  /** A leaving agent answers at once: its decline must be out before the connection drains. */
  private async jitter(withinMs: number): Promise<void> {
    const waitMs = Math.round(withinMs * this.random());
    if (waitMs > 0) await delay(waitMs, undefined, { signal: this.agent.standing.ended }).catch(() => undefined);
  }
}
