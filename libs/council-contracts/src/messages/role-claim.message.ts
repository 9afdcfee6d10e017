import { AgentLoad } from './agent-load.message.js';
import { Line, Lines, Nested, NestedList, OneOf, SchemaVersion, Text, Timestamp, Token, Whole } from './fields.js';
import { LIMITS } from './limits.js';
import { RoleBid } from './role-bid.message.js';

/** What an agent answers to an opportunity. */
export const CLAIM_RESPONSES = ['claim', 'decline', 'not_understood'] as const;
export type ClaimResponse = (typeof CLAIM_RESPONSES)[number];

/** By which door the opportunity came and the answer goes. */
export const CLAIM_DOORS = ['nats', 'http'] as const;
export type ClaimDoor = (typeof CLAIM_DOORS)[number];

/** The answer of one agent to one opportunity: delivery receipt and bid in one. Every agent answers, also with a decline. */
export class RoleClaim {
  static readonly schemaName = 'RoleClaim';

  @SchemaVersion()
  schema_version = '1.0';

  @Token({ about: 'The council that is answered.' })
  council_id!: string;

  @Whole({ about: 'The attempt that is answered.', min: 1 })
  attempt!: number;

  @Token({ about: 'Who answers; equals the last token of the subject.' })
  agent_id!: string;

  @Token({ about: 'Which process of the agent answers.' })
  instance_id!: string;

  @Line({ about: 'Name of the agent, for people.', max: LIMITS.nameLength })
  agent_name!: string;

  @OneOf(CLAIM_RESPONSES, { about: 'The answer.' })
  response!: ClaimResponse;

  @Text({ about: 'Why it declines or did not understand.', max: LIMITS.reasonLength, optional: true })
  reason?: string;

  @NestedList(() => RoleBid, { about: 'Roles that it would take.', maxItems: 2 * LIMITS.roles })
  bids: RoleBid[] = [];

  @Lines({ about: 'What the agent can do.', maxItems: LIMITS.capabilities, max: LIMITS.skillLength })
  capabilities: string[] = [];

  @Line({ about: 'Model that the agent works with.', max: LIMITS.nameLength, optional: true })
  model?: string;

  @Nested(() => AgentLoad, { about: 'How busy the agent is.' })
  load!: AgentLoad;

  @Timestamp({ about: 'When the agent received the opportunity.' })
  received_at!: string;

  @Whole({ about: 'How often the opportunity was delivered to the agent.', min: 0 })
  delivery_count!: number;

  @Whole({ about: 'Sequence of the opportunity in its stream; absent by HTTP.', min: 0, optional: true })
  stream_seq?: number;

  @OneOf(CLAIM_DOORS, { about: 'Door by which the opportunity came.' })
  via!: ClaimDoor;

  @Timestamp({ about: 'Until when the bids stand.' })
  expires_at!: string;
}
