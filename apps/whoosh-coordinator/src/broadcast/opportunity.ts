import { CouncilOpportunity, type CouncilRole } from '@whoosh/council-contracts';
import { type CouncilDocument, type RoleRequest, timestamp } from '../councils/council.js';
import { claimWindowMs } from '../councils/decide.js';

/** What the agents are told of the council's last announcement. The same document and attempt give the same message. */
export function opportunityOf(council: CouncilDocument): CouncilOpportunity {
  const { announcement } = council;
  return Object.assign(new CouncilOpportunity(), {
    schema_version: '1.0',
    council_id: council.council_id,
    project_name: council.project_name,
    repository: council.repository,
    project_brief: council.project_brief,
    core_roles: council.core_roles.map(roleOf),
    optional_roles: council.optional_roles.map(roleOf),
    ucxl_address: council.ucxl_address,
    formation_deadline: answerableUntil(council),
    created_at: council.created_at,
    metadata: { ...council.metadata },
    attempt: announcement.attempt,
    reason: announcement.reason,
    open_roles: [...announcement.open_roles],
    claim_window_ms: claimWindowMs(council, announcement.attempt),
    response_jitter_ms: council.response_jitter_ms,
  });
}

/** A role that reopens later is announced with as much time as the council had at first: its own deadline may be long over. */
function answerableUntil({ announcement, created_at, formation_deadline }: CouncilDocument): string {
  if (announcement.decided_at < formation_deadline && announcement.reason !== 'reopen') return formation_deadline;
  return timestamp(Date.parse(announcement.decided_at) + Date.parse(formation_deadline) - Date.parse(created_at));
}

function roleOf(role: RoleRequest): CouncilRole {
  return { ...role, required_skills: [...role.required_skills] };
}
