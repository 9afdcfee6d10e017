import { Flag, Line, Lines, Text } from './fields.js';
import { LIMITS } from './limits.js';

/** A role that a council needs. */
export class CouncilRole {
  static readonly schemaName = 'CouncilRole';

  @Line({ about: 'What the role is called; unique within its council.', min: 1, max: LIMITS.nameLength })
  role_name!: string;

  @Line({ about: 'Name of the agent that is wanted for the role, if a particular one is.', max: LIMITS.nameLength, optional: true })
  agent_name?: string;

  @Flag({ about: 'Whether the council cannot be active without it.' })
  required = true;

  @Lines({ about: 'Skills that a holder should have.', maxItems: LIMITS.skills, max: LIMITS.skillLength })
  required_skills: string[] = [];

  @Text({ about: 'What the role does.', max: LIMITS.reasonLength, optional: true })
  description?: string;
}
