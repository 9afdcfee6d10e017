import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { HttpProblemError } from '@whoosh/service-runtime';
import type { FastifyRequest } from 'fastify';

/** Whether the coordinator has read the present state, and what it waits for if not. */
export class Readiness {
  private waiting: string | undefined = 'the start';

  waitFor(what: string): void {
    this.waiting = what;
  }

  reached(): void {
    this.waiting = undefined;
  }

  get waitingFor(): string | undefined {
    return this.waiting;
  }
}

/** Until the state is read, the API says so instead of showing an empty world. Health and metrics always answer. */
export class ReadyGuard implements CanActivate {
  constructor(private readonly readiness: Readiness) {}

  canActivate(context: ExecutionContext): boolean {
    if (context.getType() !== 'http' || this.readiness.waitingFor === undefined) return true;
    if (!context.switchToHttp().getRequest<FastifyRequest>().url.startsWith('/api/')) return true;
    throw new HttpProblemError({
      status: 503,
      code: 'starting',
      detail: `The coordinator waits for ${this.readiness.waitingFor}. Try again; /health/ready says when it is there.`,
    });
  }
}
