import { Controller, UseFilters } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { RoleClaim, SUBJECTS } from '@whoosh/council-contracts';
import { FinalError, type JetStreamContext, SettlementFilter } from '@whoosh/jetstream';
import { ClaimIntake } from './claim.intake.js';

/** Answers of agents, from the claims stream. */
@Controller()
@UseFilters(SettlementFilter)
export class ClaimsConsumer {
  constructor(private readonly intake: ClaimIntake) {}

  /** @throws FinalError when the sender is not who the body says: the broker binds the subject to the sender, so the body lies */
  @EventPattern<string>(SUBJECTS.claims.pattern)
  onClaim(@Payload() claim: RoleClaim, @Ctx() context: JetStreamContext): void {
    const { councilId, agentId } = context.params;
    if (claim.agent_id !== agentId || claim.council_id !== councilId) {
      throw new FinalError(
        `Claim on ${context.subject} says agent ${claim.agent_id} and council ${claim.council_id}; an agent answers only on its own subject`,
        { code: 'claim_identity_mismatch' },
      );
    }
    this.intake.take(claim, context.timestamp);
  }
}
