import { Whole } from './fields.js';

/** How busy an agent is. */
export class AgentLoad {
  static readonly schemaName = 'AgentLoad';

  @Whole({ about: 'Tasks in hand.', min: 0 })
  current_tasks!: number;

  @Whole({ about: 'Tasks that it takes at most.', min: 0 })
  max_tasks!: number;
}
