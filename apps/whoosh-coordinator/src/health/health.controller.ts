import { Controller, Get, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { HealthChecks } from '@whoosh/service-runtime';
import type { FastifyReply } from 'fastify';
import { CoordinatorMetrics } from '../metrics/coordinator.metrics.js';

/** What an orchestrator and Prometheus ask. */
@ApiExcludeController()
@Controller()
export class HealthController {
  constructor(
    private readonly health: HealthChecks,
    private readonly metrics: CoordinatorMetrics,
  ) {}

  @Get('health/live')
  async live(@Res({ passthrough: true }) reply: FastifyReply): Promise<object> {
    const report = await this.health.live();
    void reply.status(report.status === 'ok' ? 200 : 503);
    return report;
  }

  @Get('health/ready')
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<object> {
    const report = await this.health.ready();
    void reply.status(report.status === 'ok' ? 200 : 503);
    return report;
  }

  @Get('metrics')
  async scrape(@Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    void reply.header('content-type', this.metrics.contentType);
    return this.metrics.render();
  }
}
