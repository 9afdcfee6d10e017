import { Body, Controller, Delete, Get, Headers, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import { assertToken } from '@whoosh/council-contracts';
import { ApiHeader, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { HttpProblemError, newTraceparent, parseTraceparent } from '@whoosh/service-runtime';
import type { FastifyReply } from 'fastify';
import type { CouncilRequest } from './commands.js';
import type { CouncilDocument, RoleRequest } from './council.js';
import type { Stored } from './council.store.js';
import { CouncilsService } from './councils.service.js';
import { CreateCouncilDto, type CouncilRoleDto } from './create-council.dto.js';
import { cursorOf, filterOf, ListCouncilsQuery } from './councils.query.js';
import { EndCouncilDto } from './end-council.dto.js';

/** Councils over HTTP. */
@ApiTags('councils')
@Controller('api/v1/councils')
export class CouncilsController {
  constructor(private readonly councils: CouncilsService) {}

  @Post()
  @ApiOperation({ summary: 'Request a council; every agent hears of it' })
  @ApiHeader({ name: 'Idempotency-Key', required: false, description: 'The same key and body give the same council, however often sent.' })
  @ApiResponse({ status: 201, description: 'The council, announced or about to be.' })
  @ApiResponse({ status: 200, description: 'The council that this Idempotency-Key made before.' })
  @ApiResponse({ status: 400, description: 'problem+json that names every violation.' })
  @ApiResponse({ status: 409, description: 'The key came before with another body.' })
  async create(
    @Body() body: CreateCouncilDto,
    @Headers('idempotency-key') key: string | undefined,
    @Headers('traceparent') traceparent: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<object> {
    const parent = parseTraceparent(traceparent) === undefined ? newTraceparent() : traceparent;
    const created = await this.councils.create(requestOf(body), checkedKey(key), parent);
    void reply.status(created.replayed ? 200 : 201).header('location', `/api/v1/councils/${created.value.council_id}`);
    if (created.replayed) void reply.header('idempotency-replayed', 'true');
    return shown(created);
  }

  @Get()
  @ApiOperation({ summary: 'Councils, newest first' })
  list(@Query() query: ListCouncilsQuery): object {
    const { councils, more } = this.councils.list(filterOf(query));
    const last = councils.at(-1);
    return { councils, ...(more && last !== undefined ? { next_cursor: cursorOf(last) } : {}) };
  }

  @Get(':id')
  @ApiOperation({ summary: 'One council: roles with holders, bid book, reach' })
  async get(@Param('id') id: string): Promise<object> {
    return shown(await this.councils.get(assertToken(id, 'council_id')));
  }

  @Get(':id/history')
  @ApiOperation({ summary: 'Every stored revision (the last 64), oldest first, with the events that made it' })
  async history(@Param('id') id: string): Promise<object> {
    const revisions = await this.councils.history(assertToken(id, 'council_id'));
    return {
      council_id: id,
      revisions: revisions.map(({ value, revision, storedAt }) => ({
        revision,
        stored_at: storedAt.toISOString(),
        ...withoutSecrets(value),
      })),
    };
  }

  @Delete(':id')
  @HttpCode(200)
  @ApiOperation({ summary: 'Cancel a council that has not ended' })
  async cancel(@Param('id') id: string, @Query('reason') reason: string | undefined): Promise<object> {
    return shown(await this.councils.cancel(assertToken(id, 'council_id'), checkedReason(reason) ?? 'cancelled on request'));
  }

  @Post(':id/complete')
  @HttpCode(200)
  @ApiOperation({ summary: 'End an active or degraded council as a success' })
  async complete(@Param('id') id: string, @Body() body?: EndCouncilDto): Promise<object> {
    return shown(await this.councils.complete(assertToken(id, 'council_id'), body?.reason ?? 'completed on request'));
  }
}

function requestOf(body: CreateCouncilDto): CouncilRequest {
  const { core_roles, optional_roles = [], ...rest } = body;
  return {
    ...rest,
    core_roles: core_roles.map((role) => roleOf(role, true)),
    optional_roles: optional_roles.map((role) => roleOf(role, false)),
  };
}

function roleOf(role: CouncilRoleDto, required: boolean): RoleRequest {
  return { ...role, required, required_skills: role.required_skills ?? [] };
}

function checkedKey(key: string | undefined): string | undefined {
  if (key === undefined || /^[\x21-\x7e]{1,255}$/.test(key)) return key;
  throw new HttpProblemError({
    status: 400,
    code: 'invalid_idempotency_key',
    detail: 'Idempotency-Key must be 1 to 255 visible ASCII characters.',
  });
}

function checkedReason(reason: string | undefined): string | undefined {
  if (reason === undefined || (reason.length > 0 && reason.length <= 500 && !/\p{Cc}/u.test(reason))) return reason;
  throw new HttpProblemError({ status: 400, code: 'invalid_reason', detail: 'reason must be one line of 1 to 500 characters.' });
}

function shown({ value, revision }: Stored<CouncilDocument>): object {
  return { ...withoutSecrets(value), revision };
}

/** The hash of the request serves only to compare. */
function withoutSecrets({ request_hash: _, ...council }: CouncilDocument): Omit<CouncilDocument, 'request_hash'> {
  return council;
}
