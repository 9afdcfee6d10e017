import { Amount, Flag, Line, Lines, NestedList, OneOf, SchemaVersion, Timestamp, Token, Whole } from './fields.js';
import { LIMITS } from './limits.js';

/** What an agent is about. */
export const AGENT_STATES = ['ready', 'working', 'busy', 'leaving'] as const;
export type AgentState = (typeof AGENT_STATES)[number];

/** How far an agent is with a role that it holds. */
export const ROLE_PROGRESS = ['assigned', 'working', 'done'] as const;
export type RoleProgress = (typeof ROLE_PROGRESS)[number];

/** A role that an agent believes to hold. */
export class HeldRole {
  static readonly schemaName = 'HeldRole';

  @Token({ about: 'The council.' })
  council_id!: string;

  @Line({ about: 'The role.', min: 1, max: LIMITS.nameLength })
  role_name!: string;

  @Whole({ about: 'The generation that it was given.', min: 0 })
  generation!: number;

  @OneOf(ROLE_PROGRESS, { about: 'How far the work is; absent from agents that do not say.', optional: true })
  progress?: RoleProgress;
}

/** An agent is there. Written at every beat. */
export class AgentPresence {
  static readonly schemaName = 'AgentPresence';

  @SchemaVersion()
  schema_version = '1.0';

  @Token({ about: 'The agent; equals the key.' })
  agent_id!: string;

  @Token({ about: 'Random for each process: two processes with one agent id are told apart by it.' })
  instance_id!: string;

  @Line({ about: 'Name of the agent, for people.', max: LIMITS.nameLength })
  agent_name!: string;

  @OneOf(AGENT_STATES, { about: 'What it is about.' })
  state!: AgentState;

  @Flag({ about: 'Whether it takes new roles.' })
  available_for_work!: boolean;

  @Whole({ about: 'Tasks in hand.', min: 0 })
  current_tasks!: number;

  @Whole({ about: 'Tasks that it takes at most.', min: 0 })
  max_tasks!: number;

  @Lines({ about: 'What it can do.', maxItems: LIMITS.capabilities, max: LIMITS.skillLength })
  capabilities!: string[];

  @Lines({ about: 'Roles that it takes.', maxItems: LIMITS.capabilities, max: LIMITS.nameLength })
  roles!: string[];

  @Line({ about: 'Model that it works with.', max: LIMITS.nameLength, optional: true })
  model?: string;

  @Line({ about: 'Version of its software.', max: LIMITS.nameLength })
  version!: string;

  @Line({ about: 'Machine that it runs on.', max: LIMITS.nameLength, optional: true })
  node?: string;

  @Line({ about: 'Its task in the orchestrator.', max: LIMITS.nameLength, optional: true })
  task_id?: string;

  @Line({ about: 'Where its HTTP door is.', max: LIMITS.lineLength, optional: true })
  address?: string;

  @Whole({ about: 'Time between beats, in milliseconds.', min: 1 })
  interval_ms!: number;

  @Whole({ about: 'Counts the beats of this process.', min: 0 })
  seq!: number;

  @Timestamp({ about: 'When the process started.' })
  started_at!: string;

  @Timestamp({ about: 'When this beat was written.' })
  ts!: string;

  @NestedList(() => HeldRole, { about: 'Roles that it believes to hold.', maxItems: LIMITS.holding })
  holding: HeldRole[] = [];

  @Amount({ about: 'How late its event loop runs, in milliseconds.', min: 0 })
  event_loop_lag_ms = 0;
}
