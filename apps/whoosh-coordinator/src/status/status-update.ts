import { CouncilStatusUpdate } from '@whoosh/council-contracts';
import type { CouncilDocument } from '../councils/council.js';

/** The status message of a revision: the same revision gives the same message. */
export function statusUpdateOf(council: CouncilDocument, revision: number): CouncilStatusUpdate {
  return Object.assign(new CouncilStatusUpdate(), {
    schema_version: '1.0',
    council_id: council.council_id,
    status: council.status,
    revision,
    ...(council.previous_status === undefined ? {} : { previous_status: council.previous_status }),
    ...(council.status_reason === undefined ? {} : { reason: council.status_reason }),
    roles: council.roles.map(({ role_name, state, generation, holder }) => ({
      role_name,
      state,
      generation,
      ...(holder === undefined ? {} : { agent_id: holder.agent_id, agent_name: holder.agent_name }),
    })),
    reach: { ...council.reach },
    updated_at: council.updated_at,
  });
}
