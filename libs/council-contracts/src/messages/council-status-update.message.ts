import { Amount, Line, Nested, NestedList, OneOf, SchemaVersion, Text, Timestamp, Token, Whole } from './fields.js';
import { LIMITS } from './limits.js';

/** Where a council stands; the last four are final. */
export const COUNCIL_STATUSES = [
  'pending',
  'forming',
  'offering',
  'active',
  'degraded',
  'completed',
  'failed',
  'cancelled',
  'expired',
] as const;
export type CouncilStatus = (typeof COUNCIL_STATUSES)[number];

/** The statuses that never change again. */
export const FINAL_COUNCIL_STATUSES = ['completed', 'failed', 'cancelled', 'expired'] as const satisfies readonly CouncilStatus[];

/** Where a role stands. */
export const ROLE_STATES = ['open', 'offered', 'filled', 'released'] as const;
export type RoleState = (typeof ROLE_STATES)[number];

/** Where one role of a council stands. */
export class RoleStatus {
  static readonly schemaName = 'RoleStatus';

  @Line({ about: 'The role.', min: 1, max: LIMITS.nameLength })
  role_name!: string;

  @OneOf(ROLE_STATES, { about: 'Where it stands.' })
  state!: RoleState;

  @Whole({ about: 'Counts how often the role was given anew.', min: 0 })
  generation!: number;

  @Token({ about: 'Who is offered the role or holds it.', optional: true })
  agent_id?: string;

  @Line({ about: 'Name of that agent, for people.', max: LIMITS.nameLength, optional: true })
  agent_name?: string;
}

/** How many agents an opportunity reached. */
export class CouncilReach {
  static readonly schemaName = 'CouncilReach';

  @Whole({ about: 'Agents that were online when it was announced.', min: 0 })
  expected!: number;

  @Whole({ about: 'Agents that answered.', min: 0 })
  answered!: number;

  @Amount({ about: '95th percentile of announced → answered, in milliseconds.', min: 0, optional: true })
  p95_ms?: number;
}

/** A council changed. */
export class CouncilStatusUpdate {
  static readonly schemaName = 'CouncilStatusUpdate';

  @SchemaVersion()
  schema_version = '1.0';

  @Token({ about: 'The council.' })
  council_id!: string;

  @OneOf(COUNCIL_STATUSES, { about: 'Where it stands.' })
  status!: CouncilStatus;

  @Whole({ about: 'Revision of the document; a higher one is newer.', min: 0 })
  revision!: number;

  @OneOf(COUNCIL_STATUSES, { about: 'Where it stood before.', optional: true })
  previous_status?: CouncilStatus;

  @Text({ about: 'Why it changed.', max: LIMITS.reasonLength, optional: true })
  reason?: string;

  @NestedList(() => RoleStatus, { about: 'Where its roles stand.', maxItems: 2 * LIMITS.roles })
  roles!: RoleStatus[];

  @Nested(() => CouncilReach, { about: 'How many agents it reached.' })
  reach!: CouncilReach;

  @Timestamp({ about: 'When it changed.' })
  updated_at!: string;
}
