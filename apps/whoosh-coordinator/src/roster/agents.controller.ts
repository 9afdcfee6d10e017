import { Controller, Get } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { RosterEntry } from './roster.js';
import { RosterTracker } from './roster.tracker.js';

/** Who is there, over HTTP. */
@ApiTags('agents')
@Controller('api/v1/agents')
export class AgentsController {
  constructor(private readonly tracker: RosterTracker) {}

  @Get()
  @ApiOperation({ summary: 'Every agent by its presence, with liveness and the roles it holds' })
  list(): object {
    const { entries, stale } = this.tracker.roster();
    const agents = [...entries.values()].sort((a, b) => (a.presence.agent_id < b.presence.agent_id ? -1 : 1));
    const counts: Record<string, number> = { online: 0, suspect: 0, offline: 0, leaving: 0 };
    for (const { liveness } of agents) counts[liveness] = (counts[liveness] ?? 0) + 1;
    return { total: agents.length, ...counts, presence_stale: stale, agents: agents.map(shownAgent) };
  }
}

/** An agent as the API shows it. */
export function shownAgent({ presence, liveness, lastSeenMs }: RosterEntry): object {
  return { ...presence, liveness, last_seen: new Date(lastSeenMs).toISOString() };
}
