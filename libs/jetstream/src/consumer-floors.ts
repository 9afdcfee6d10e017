import type { Broker } from './broker.js';
import { retryTransient } from './transient.js';

/** How far one consumer of a stream has come. */
export interface ConsumerFloor {
  readonly name: string;
  /** Up to this sequence of the stream everything is acknowledged. A re-created consumer begins where the former one was. */
  readonly ackFloor: number;
  /** The last sequence of the stream that was delivered. */
  readonly delivered: number;
  /** Messages not delivered yet. */
  readonly pending: number;
  /** Messages delivered and not settled yet. */
  readonly numAckPending: number;
}

/**
 * How far every consumer of a stream has come, all pages of it.
 * @returns in the API's order; empty when the stream has no consumers
 * @throws what the API answered: the stream is missing, or nobody answered in 5 s
 */
export async function consumerFloors(broker: Broker, stream: string): Promise<ConsumerFloor[]> {
  return retryTransient(async () => {
    const floors: ConsumerFloor[] = [];
    for await (const info of broker.streamManager.consumers.list(stream)) {
      const { name, config, ack_floor, delivered, num_pending, num_ack_pending } = info;
      // Since 2.10 a consumer that begins at a sequence has its floor below it; 2.9 says 0 until the first acknowledgement.
      const before = (config.opt_start_seq ?? 1) - 1;
      floors.push({
        name,
        ackFloor: Math.max(ack_floor.stream_seq, before),
        delivered: Math.max(delivered.stream_seq, before),
        pending: num_pending,
        numAckPending: num_ack_pending,
      });
    }
    return floors;
  });
}
