import { v5 as uuidV5, v4 as uuidV4 } from 'uuid';

/** Who an agent process is. */
export interface AgentIdentity {
  /** A subject token: the same after a restart unless it is random. */
  readonly agentId: string;
  /** Random for each process, for fencing. */
  readonly instanceId: string;
  /** For people. */
  readonly agentName: string;
  /** Where the id comes from; a `random` one looks like a new agent after each restart. */
  readonly origin: AgentIdOrigin;
}

/** `explicit`: a setting; `service-and-slot`: computed from the service's name and the Swarm slot in the agent's name. */
export type AgentIdOrigin = 'explicit' | 'service-and-slot' | 'random';

/** What an id is made from. */
export interface IdentitySettings {
  readonly agentId?: string;
  readonly agentName?: string;
  readonly serviceName: string;
}

/** The namespace of computed agent ids: changing it renames every agent that has no explicit id. */
const AGENT_ID_NAMESPACE = '5b6c0d5e-6e0a-5c3b-9a39-0f3c8f1f2a77';

/** A name that the Swarm template `CHORUS-Agent-{{.Task.Slot}}` was filled into. @source protocol.md, seed */
const NAME_WITH_SLOT = /^CHORUS-Agent-[1-9][0-9]*$/;

/**
 * Who this process is: the explicit id wins; a name with the Swarm slot gives the same id at each start of that slot; else it is random.
 * A name without a slot is not unique in its service, so no id is made from it.
 * @param settings as configured
 * @param randomUuid a fresh UUID at each call; injected by tests
 */
export function identify(settings: IdentitySettings, randomUuid: () => string = uuidV4): AgentIdentity {
  const { agentId, origin } = agentIdFrom(settings, randomUuid);
  const agentName = settings.agentName ?? `CHORUS-Agent-${agentId}`;
  return { agentId, origin, agentName, instanceId: randomUuid() };
}

function agentIdFrom(settings: IdentitySettings, randomUuid: () => string): Pick<AgentIdentity, 'agentId' | 'origin'> {
  const { agentId, agentName, serviceName } = settings;
  if (agentId !== undefined) return { agentId, origin: 'explicit' };
  if (agentName !== undefined && NAME_WITH_SLOT.test(agentName))
    return { agentId: uuidV5(`${serviceName}/${agentName}`, AGENT_ID_NAMESPACE), origin: 'service-and-slot' };
  return { agentId: randomUuid(), origin: 'random' };
}
