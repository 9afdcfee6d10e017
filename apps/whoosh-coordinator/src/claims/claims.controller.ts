import { Body, Controller, HttpCode, Param, Post } from '@nestjs/common';
import { assertToken, claimMessageId, claimSubject, encode, RoleClaim, STREAMS, validate } from '@whoosh/council-contracts';
import { JetStreamPublisher } from '@whoosh/jetstream';
import { ApiBody, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { HttpProblemError } from '@whoosh/service-runtime';
import { CouncilsService } from '../councils/councils.service.js';
import { isFinal } from '../councils/council.js';

/** The HTTP door for claims: an answer given here goes into the same stream as one given over NATS, and counts once. */
@ApiTags('councils')
@Controller('api/v1/councils')
export class ClaimsController {
  constructor(
    private readonly councils: CouncilsService,
    private readonly publisher: JetStreamPublisher,
  ) {}

  @Post(':id/claims')
  @HttpCode(202)
  @ApiOperation({ summary: 'Answer an opportunity over HTTP' })
  @ApiBody({ description: 'A RoleClaim, see docs/generated/messages.md', schema: { type: 'object' } })
  @ApiResponse({ status: 202, description: 'Stored; the award weighs it like any other answer.' })
  @ApiResponse({ status: 409, description: 'The council has ended.' })
  async claim(@Param('id') id: string, @Body() body: unknown): Promise<object> {
    const councilId = assertToken(id, 'council_id');
    const claim = validate(RoleClaim, body);
    if (claim.council_id !== councilId) {
      throw new HttpProblemError({
        status: 400,
        code: 'claim_identity_mismatch',
        detail: `The body answers council ${claim.council_id}, the path is of ${councilId}.`,
      });
    }
    const { value: council } = await this.councils.get(councilId);
    if (isFinal(council)) {
      throw new HttpProblemError({
        status: 409,
        code: 'council_ended',
        detail: `Council ${councilId} is ${council.status}; it takes no answers.`,
      });
    }
    if (claim.attempt > council.attempt) {
      throw new HttpProblemError({
        status: 400,
        code: 'unknown_attempt',
        detail: `The claim answers attempt ${claim.attempt}, but council ${councilId} is at attempt ${council.attempt}.`,
      });
    }
    claim.via = 'http';
    const receipt = await this.publisher.publish(claimSubject(councilId, claim.agent_id), encode(claim), {
      messageId: claimMessageId(councilId, claim.attempt, claim.agent_id, claim.instance_id),
      expectStream: STREAMS.claims.name,
    });
    return { council_id: councilId, agent_id: claim.agent_id, sequence: receipt.sequence, duplicate: receipt.duplicate };
  }
}
