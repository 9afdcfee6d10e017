import { DeliverPolicy, type ConsumerConfig } from '@nats-io/jetstream';

/** Where a consumer begins to read its stream. */
export type StartPolicy =
  | { readonly from: 'time'; readonly at: Date }
  /** The last message of each subject, then what comes. */
  | { readonly from: 'last-per-subject' }
  | { readonly from: 'all' }
  /** Only what is stored after the consumer was asked for the first time. */
  | { readonly from: 'new' }
  | { readonly from: 'sequence'; readonly sequence: number };

/**
 * The start policy in the words of the consumer's configuration.
 * @param lastSequence the stream's last message at this moment; `new` becomes the sequence after it, so that a re-created consumer misses nothing
 */
export function startConfig(policy: StartPolicy, lastSequence: number): Partial<ConsumerConfig> {
  switch (policy.from) {
    case 'time':
      return { deliver_policy: DeliverPolicy.StartTime, opt_start_time: policy.at.toISOString() };
    case 'last-per-subject':
      return { deliver_policy: DeliverPolicy.LastPerSubject };
    case 'all':
      return { deliver_policy: DeliverPolicy.All };
    case 'new':
      return { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: lastSequence + 1 };
    case 'sequence':
      return { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: Math.max(1, policy.sequence) };
  }
}
