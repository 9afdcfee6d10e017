import { CouncilOpportunity, MalformedMessageError, validate } from '@whoosh/council-contracts';
import { HttpProblemError } from '@whoosh/service-runtime';
import type { OpsReply, OpsRequest, OpsRoute } from '@whoosh/service-runtime';
import type { AgentContext } from '../agent-context.js';
import { AgentFencedError } from './opportunity.service.js';
import type { OpportunityService } from './opportunity.service.js';

/**
 * The HTTP door for opportunities: what coordinators use while NATS is away, and in the older broadcast mode. The claim is the response;
 * it is not published, because an agent answers over the door that it was asked through. One decision serves both doors.
 */
export function opportunityRoute(agent: AgentContext, opportunities: OpportunityService): OpsRoute {
  const handle = async (request: OpsRequest): Promise<OpsReply> => {
    const receivedAt = new Date();
    const opportunity = readOpportunity(request.body);
    const traceparent = headerOf(request, 'traceparent');
    const fields = { council_id: opportunity.council_id, project: opportunity.project_name, attempt: opportunity.attempt };
    agent.logger.info(fields, 'Council opportunity received over HTTP');
    const attributes = { 'council.id': opportunity.council_id, 'agent.id': agent.identity.agentId };
    const claim = await agent.tracing.run('council opportunity', traceparent, attributes, async () => {
      try {
        return await opportunities.claimFor({ understood: opportunity }, { via: 'http', deliveryCount: 1 }, receivedAt);
      } catch (error) {
        if (!(error instanceof AgentFencedError)) throw error;
        throw new HttpProblemError({ status: 503, code: error.code, detail: error.message }, { cause: error });
      }
    });
    agent.metrics.countAnswered(claim.response, undefined);
    return { status: 200, json: claim };
  };
  return { method: 'POST', path: '/api/v1/opportunities/council', handle };
}

function readOpportunity(body: unknown): CouncilOpportunity {
  try {
    return validate(CouncilOpportunity, body);
  } catch (error) {
    if (!(error instanceof MalformedMessageError)) throw error;
    const detail = 'The body is no council opportunity; see errors.';
    throw new HttpProblemError({ status: 400, code: error.code, detail, errors: error.violations }, { cause: error });
  }
}

function headerOf(request: OpsRequest, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}
