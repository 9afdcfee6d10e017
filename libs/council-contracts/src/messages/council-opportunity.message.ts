import { CouncilRole } from './council-role.message.js';
import { FreeForm, Line, Lines, NestedList, OneOf, SchemaVersion, Text, Timestamp, Token, Whole } from './fields.js';
import { LIMITS } from './limits.js';
import { UniqueRoleNames } from './unique-role-names.js';

/** Why an opportunity is announced: for the first time, again because a core role had no bid, or because a role is free again. */
export const OPPORTUNITY_REASONS = ['initial', 'reminder', 'reopen'] as const;
export type OpportunityReason = (typeof OPPORTUNITY_REASONS)[number];

/** A council is forming: the coordinator asks every agent. */
export class CouncilOpportunity {
  static readonly schemaName = 'CouncilOpportunity';

  @SchemaVersion()
  schema_version = '1.0';

  @Token({ about: 'The council.' })
  council_id!: string;

  @Line({ about: 'What the project is called.', min: 1, max: LIMITS.nameLength })
  project_name!: string;

  @Line({ about: 'Where the code of the project lives.', max: LIMITS.lineLength })
  repository = '';

  @Text({ about: 'What the council is to do.', max: LIMITS.briefLength })
  project_brief = '';

  @UniqueRoleNames()
  @NestedList(() => CouncilRole, { about: 'Roles that must be filled.', minItems: 1, maxItems: LIMITS.roles })
  core_roles!: CouncilRole[];

  @UniqueRoleNames('core_roles')
  @NestedList(() => CouncilRole, { about: 'Roles that may be filled.', maxItems: LIMITS.roles })
  optional_roles: CouncilRole[] = [];

  @Line({ about: 'Where the knowledge of the project lives.', max: LIMITS.lineLength })
  ucxl_address = '';

  @Timestamp({ about: 'When forming ends, whatever is filled.' })
  formation_deadline!: string;

  @Timestamp({ about: 'When the council was asked for.' })
  created_at!: string;

  @FreeForm({ about: 'Whatever the client wants agents to know; not interpreted.' })
  metadata: Record<string, unknown> = {};

  @Whole({ about: 'Counts deliberate announcements of the same council.', min: 1 })
  attempt = 1;

  @OneOf(OPPORTUNITY_REASONS, { about: 'Why it is announced.' })
  reason: OpportunityReason = 'initial';

  @Lines({
    about: 'Names of the roles to bid for; absent means every role.',
    maxItems: 2 * LIMITS.roles,
    max: LIMITS.nameLength,
    optional: true,
  })
  open_roles!: string[];

  @Whole({ about: 'How long answers are gathered, in milliseconds.', min: 0 })
  claim_window_ms = 5_000;

  @Whole({ about: 'Agents spread their answers over this many milliseconds.', min: 0 })
  response_jitter_ms = 0;

  /** Fills what a sender may leave out: without `open_roles` every role is open. */
  static complete(opportunity: CouncilOpportunity): void {
    opportunity.open_roles ??= [...opportunity.core_roles, ...opportunity.optional_roles].map((role) => role.role_name);
  }
}
