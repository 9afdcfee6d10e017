import { LIMITS } from '@whoosh/council-contracts';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { plainToInstance, Transform } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayNotEmpty,
  IsArray,
  IsBoolean,
  IsInt,
  IsISO8601,
  IsObject,
  IsOptional,
  IsString,
  Length,
  Matches,
  Max,
  MaxLength,
  Min,
  Validate,
  ValidateNested,
} from 'class-validator';
import { FlatStringMap, UniqueRoleNames } from './create-council.constraints.js';

/** No control characters: the value becomes a header, a log field or a line on a screen. */
const ONE_LINE = /^[^\p{Cc}]*$/u;
const oneLine = { message: '$property must be one line without control characters (no CR, no LF)' };

/** A role of the request, as an object. */
export class CouncilRoleDto {
  @ApiProperty({ example: 'developer', description: 'Unique within the council.' })
  @IsString()
  @Length(1, 200)
  @Matches(ONE_LINE, oneLine)
  @Matches(/\S/, { message: '$property must not be blank' })
  role_name!: string;

  @ApiPropertyOptional({ description: 'Name for the agent in this role, for people.' })
  @IsOptional()
  @IsString()
  @Length(1, LIMITS.nameLength)
  @Matches(ONE_LINE, oneLine)
  agent_name?: string;

  @ApiPropertyOptional({ description: 'Set by the list that the role stands in; accepted for older clients.' })
  @IsOptional()
  @IsBoolean()
  required?: boolean;

  @ApiPropertyOptional({ type: [String], example: ['typescript'], description: 'An agent with more of these ranks higher.' })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(LIMITS.skills)
  @IsString({ each: true })
  @Length(1, LIMITS.skillLength, { each: true })
  @Matches(ONE_LINE, { each: true, message: 'each of $property must be one line without control characters' })
  required_skills?: string[];

  @ApiPropertyOptional()
  @IsOptional()
  @IsString()
  @MaxLength(LIMITS.reasonLength)
  description?: string;
}

/** `"developer"` stands for `{ "role_name": "developer" }`; anything that is neither stays as it is and is refused by the validator. */
function roles({ value }: { value: unknown }): unknown {
  if (!Array.isArray(value)) return value;
  return value.map((role: unknown) => {
    if (typeof role === 'string') return plainToInstance(CouncilRoleDto, { role_name: role.trim() });
    if (typeof role !== 'object' || role === null || Array.isArray(role)) return role;
    const { role_name } = role as { role_name?: unknown };
    return plainToInstance(CouncilRoleDto, typeof role_name === 'string' ? { ...role, role_name: role_name.trim() } : role);
  });
}

const ROLE_SCHEMA = { oneOf: [{ type: 'string' as const }, { $ref: '#/components/schemas/CouncilRoleDto' }] };

/** The body of `POST /api/v1/councils`. */
export class CreateCouncilDto {
  @ApiProperty({ example: 'test-project' })
  @IsString()
  @Length(1, LIMITS.nameLength)
  @Matches(ONE_LINE, oneLine)
  @Matches(/\S/, { message: '$property must not be blank' })
  project_name!: string;

  @ApiProperty({ example: 'https://git.example.org/test-project' })
  @IsString()
  @Length(1, LIMITS.lineLength)
  @Matches(ONE_LINE, oneLine)
  repository!: string;

  @ApiPropertyOptional({ description: `At most ${LIMITS.briefLength} characters.` })
  @IsOptional()
  @IsString()
  @MaxLength(LIMITS.briefLength)
  project_brief?: string;

  @ApiProperty({
    type: 'array',
    items: ROLE_SCHEMA,
    example: ['tpm', 'developer'],
    description: 'The council is active when these are filled.',
  })
  @Transform(roles)
  @IsArray()
  @ArrayNotEmpty()
  @ArrayMaxSize(LIMITS.roles)
  @ValidateNested({ each: true })
  @Validate(UniqueRoleNames)
  core_roles!: CouncilRoleDto[];

  @ApiPropertyOptional({ type: 'array', items: ROLE_SCHEMA })
  @IsOptional()
  @Transform(roles)
  @IsArray()
  @ArrayMaxSize(LIMITS.roles)
  @ValidateNested({ each: true })
  optional_roles?: CouncilRoleDto[];

  @ApiPropertyOptional({ description: 'Made from project and id unless given.' })
  @IsOptional()
  @IsString()
  @Length(1, LIMITS.lineLength)
  @Matches(ONE_LINE, oneLine)
  ucxl_address?: string;

  @ApiPropertyOptional({ description: 'RFC 3339 with a time zone, ahead of now and at most 7 days; 60 s from now unless given.' })
  @IsOptional()
  @IsISO8601({ strict: true, strictSeparator: true })
  @Matches(/T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/i, {
    message: '$property must be RFC 3339 with a time zone, like 2026-01-31T12:00:00Z',
  })
  formation_deadline?: string;

  @ApiPropertyOptional({ description: 'How long answers are awaited, in milliseconds.' })
  @IsOptional()
  @IsInt()
  @Min(50)
  @Max(3_600_000)
  claim_window_ms?: number;

  @ApiPropertyOptional({ description: 'Agents spread their answers over this time, in milliseconds.' })
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(60_000)
  response_jitter_ms?: number;

  @ApiPropertyOptional({ description: 'At the deadline, work with the roles that are filled (degraded) instead of expiring.' })
  @IsOptional()
  @IsBoolean()
  allow_partial?: boolean;

  @ApiPropertyOptional({ type: 'object', additionalProperties: { type: 'string' } })
  @IsOptional()
  // As it came: class-transformer drops keys that objects have by nature, like "constructor".
  @Transform(({ obj }: { obj: { metadata?: unknown } }) => obj.metadata)
  @IsObject()
  @Validate(FlatStringMap)
  metadata?: Record<string, string>;
}
