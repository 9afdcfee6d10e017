import { CouncilOpportunity } from './council-opportunity.message.js';
import { Flag, Line, Nested, Text, Timestamp, Token, Whole } from './fields.js';
import { LIMITS } from './limits.js';

/** A role is offered to one agent, by request. */
export class RoleOffer {
  static readonly schemaName = 'RoleOffer';

  @Token({ about: 'Same for the same council, role and generation, so that offering twice is harmless.' })
  offer_id!: string;

  @Token({ about: 'The council.' })
  council_id!: string;

  @Line({ about: 'The role.', min: 1, max: LIMITS.nameLength })
  role_name!: string;

  @Whole({ about: 'Counts how often the role was given anew; an older holder is fenced by it.', min: 0 })
  generation!: number;

  @Timestamp({ about: 'Until when an answer counts.' })
  offer_expires_at!: string;

  @Nested(() => CouncilOpportunity, { about: 'The opportunity, so that an agent needs no other message.' })
  opportunity!: CouncilOpportunity;
}

/** The answer to an offer. */
export class RoleOfferReply {
  static readonly schemaName = 'RoleOfferReply';

  @Token({ about: 'The offer that is answered.' })
  offer_id!: string;

  @Flag({ about: 'Whether the agent takes the role.' })
  accept!: boolean;

  @Token({ about: 'Who answers.' })
  agent_id!: string;

  @Token({ about: 'Which process of the agent answers.' })
  instance_id!: string;

  @Text({ about: 'Why it refuses.', max: LIMITS.reasonLength, optional: true })
  reason?: string;
}
