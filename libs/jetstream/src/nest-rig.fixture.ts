import { randomUUID } from 'node:crypto';
import { Controller, Module, UseFilters, type INestMicroservice, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Ctx, EventPattern, Payload, type MicroserviceOptions } from '@nestjs/microservices';
import type { DeadLetterOptions } from './dead-letter.js';
import { JetStreamContext } from './jetstream.context.js';
import { JetStreamServer, type JetStreamServerOptions } from './jetstream.server.js';
import { JetStreamPublisher } from './publisher.js';
import type { Rig } from './rig.fixture.js';
import { SettlementFilter } from './settlement.filter.js';
import type { Subscription } from './subscription.js';

/** What a test's handler does. */
export type Behaviour = (data: unknown, context: JetStreamContext) => unknown;

/** Nest applications on the rig's server, closed by `close()`. */
export class NestRig {
  private readonly apps: INestMicroservice[] = [];

  constructor(private readonly rig: Rig) {}

  /** An application with one handler, on the stream that the pattern begins with. */
  async start(
    pattern: string,
    behaviour: Behaviour,
    options: Partial<Subscription> & { deadLetter?: DeadLetterOptions; filter?: boolean } = {},
  ): Promise<INestMicroservice> {
    const { deadLetter, filter, ...subscription } = options;
    const consumer = { kind: 'own', name: `own-${randomUUID()}`, start: { from: 'all' } } as const;
    return this.launch(moduleWith(pattern, behaviour, filter ?? true), {
      broker: await this.rig.broker(),
      logger: this.rig.log,
      deadLetter,
      subscriptions: [{ pattern, stream: pattern.split('.')[0] ?? '', consumer, ...subscription }],
    });
  }

  async launch(root: Type, options: JetStreamServerOptions): Promise<INestMicroservice> {
    const strategy = new JetStreamServer(options);
    const app = await NestFactory.createMicroservice<MicroserviceOptions>(root, { strategy, logger: false });
    this.apps.push(app);
    await app.listen();
    return app;
  }

  /** Dead letters go to `dead.<source>`; a publish is given up quickly. */
  async deadLetter(source: string): Promise<DeadLetterOptions> {
    return { subject: `dead.${source}`, source, publisher: new JetStreamPublisher(await this.rig.broker(), { deadlineMs: 300 }) };
  }

  async close(): Promise<void> {
    for (const app of this.apps) await app.close();
  }
}

/** A Nest module with one event handler. */
export function moduleWith(pattern: string, behaviour: Behaviour, filter = true): Type {
  @Controller()
  class Handlers {
    @EventPattern<string>(pattern)
    handle(@Payload() data: unknown, @Ctx() context: JetStreamContext): unknown {
      return behaviour(data, context);
    }
  }
  if (filter) UseFilters(SettlementFilter)(Handlers);
  class Root {}
  Module({ controllers: [Handlers] })(Root);
  return Root;
}
