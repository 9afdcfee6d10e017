import { Amount, Line, Text } from './fields.js';
import { LIMITS } from './limits.js';

/** An agent would take a role. */
export class RoleBid {
  static readonly schemaName = 'RoleBid';

  @Line({ about: 'Which role.', min: 1, max: LIMITS.nameLength })
  role_name!: string;

  @Amount({ about: 'How well it would fit, by its own account.', min: 0, max: 1 })
  confidence!: number;

  @Text({ about: 'Why.', max: LIMITS.reasonLength, optional: true })
  rationale?: string;
}
