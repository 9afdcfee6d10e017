/**
 * How much a message may hold. Generous for people and small enough that the largest valid message stays below
 * the broker's default limit of 1 MiB, also when it travels inside an offer.
 */
export const LIMITS = {
  /** Names of projects, roles and agents, in characters. */
  nameLength: 200,
  /** Repositories, addresses, models: one line, in characters. */
  lineLength: 2_048,
  /** Reasons, rationales and descriptions, in characters. */
  reasonLength: 4_000,
  /** The brief of a project, in characters. */
  briefLength: 100_000,
  /** Core roles, and again optional roles, of a council. */
  roles: 64,
  /** Skills that one role asks for. */
  skills: 64,
  /** Capabilities, and again roles, of one agent. */
  capabilities: 256,
  /** Length of a skill, a capability or a role's name, in characters. */
  skillLength: 200,
  /** Roles that one agent holds at a time. */
  holding: 1_024,
  /** How deep `metadata` may nest. */
  metadataDepth: 16,
} as const;
