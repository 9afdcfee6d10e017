import { Controller, Get, Param } from '@nestjs/common';
import { assertToken } from '@whoosh/council-contracts';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { type CouncilLedger, LedgerService } from './ledger.service.js';

/** The delivery ledger over HTTP. */
@ApiTags('councils')
@Controller('api/v1/councils')
export class DeliveriesController {
  constructor(private readonly ledger: LedgerService) {}

  @Get(':id/deliveries')
  @ApiOperation({ summary: 'Who got each announcement: every expected agent, delivered, answered, latency' })
  read(@Param('id') id: string): Promise<CouncilLedger> {
    return this.ledger.read(assertToken(id, 'council_id'));
  }
}
