import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, IsString, Length, Matches } from 'class-validator';

/** Why a council ends; for its history. */
export class EndCouncilDto {
  @ApiPropertyOptional({ example: 'release 1.4 is out' })
  @IsOptional()
  @IsString()
  @Length(1, 500)
  @Matches(/^[^\p{Cc}]*$/u, { message: 'reason must be one line without control characters' })
  reason?: string;
}
