import { COUNCIL_STATUSES, type CouncilStatus } from '@whoosh/council-contracts';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { HttpProblemError } from '@whoosh/service-runtime';
import { Transform } from 'class-transformer';
import { IsIn, IsInt, IsOptional, IsString, Max, Min } from 'class-validator';
import type { CouncilFilter } from './council.view.js';

/** The query of `GET /api/v1/councils`. */
export class ListCouncilsQuery {
  @ApiPropertyOptional({ isArray: true, enum: COUNCIL_STATUSES, description: 'Repeat it, or separate by commas.' })
  @IsOptional()
  @Transform(({ value }: { value: unknown }) => (Array.isArray(value) ? value : [value]).flatMap((v: unknown) => String(v).split(',')))
  @IsIn(COUNCIL_STATUSES, { each: true })
  status?: CouncilStatus[];

  @ApiPropertyOptional({ description: 'Exactly this project_name.' })
  @IsOptional()
  @IsString()
  project?: string;

  @ApiPropertyOptional({ default: 50, minimum: 1, maximum: 500 })
  @IsOptional()
  @Transform(({ value }: { value: unknown }) => Number(value))
  @IsInt()
  @Min(1)
  @Max(500)
  limit?: number;

  @ApiPropertyOptional({ description: 'The `next_cursor` of the page before.' })
  @IsOptional()
  @IsString()
  cursor?: string;
}

/** @throws HttpProblemError 400 when the cursor is none of ours */
export function filterOf(query: ListCouncilsQuery): CouncilFilter {
  return {
    limit: query.limit ?? 50,
    ...(query.status === undefined ? {} : { status: query.status }),
    ...(query.project === undefined ? {} : { project: query.project }),
    ...(query.cursor === undefined ? {} : { after: readCursor(query.cursor) }),
  };
}

/** The cursor behind the last council of a page: opaque to clients, stable while councils come and go. */
export function cursorOf(last: { created_at: string; council_id: string }): string {
  return Buffer.from(`${last.created_at}|${last.council_id}`).toString('base64url');
}

function readCursor(cursor: string): { created_at: string; council_id: string } {
  const [created_at = '', council_id = ''] = Buffer.from(cursor, 'base64url').toString('utf8').split('|');
  if (Number.isNaN(Date.parse(created_at)) || council_id === '') {
    throw new HttpProblemError({ status: 400, code: 'invalid_cursor', detail: 'cursor must be the next_cursor of an earlier answer.' });
  }
  return { created_at, council_id };
}
