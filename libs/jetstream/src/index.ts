export { SILENT, type BrokerLogger } from './broker-logger.js';
export { Broker, openRawConnection, type BrokerOptions, type BrokerServerInfo, type BrokerStatus } from './broker.js';
export * from './connection.errors.js';
export * from './consumer-floors.js';
export type { ConsumerIdentity } from './consumer-creation.js';
export {
  DirectConsumerProvisioner,
  type ConsumerProvisioner,
  type ConsumerSettings,
  type ProvisionedConsumer,
} from './consumer-provisioner.js';
export { DEAD_LETTER_HEADER, ORIGINAL_HEADER_PREFIX, type DeadLetterOptions } from './dead-letter.js';
export * from './delivery.js';
export * from './document.errors.js';
export * from './handler.errors.js';
export type { OutgoingHeaders } from './headers.js';
export * from './health.js';
export { JetStreamContext } from './jetstream.context.js';
export * from './jetstream.server.js';
export * from './kv-document.js';
export type { DocumentOperation } from './kv-operation.js';
export type { DocumentChange, WatchHandle, WatchOptions } from './kv-watch.js';
export * from './publish.errors.js';
export * from './publisher.js';
export { PullLoop, type PullLoopOptions } from './pull-loop.js';
export * from './request-reply.js';
export * from './request.errors.js';
export { meetsSecurityFloor } from './server-version.js';
export { SettlementFilter } from './settlement.filter.js';
export { DEFAULT_RETRY_DELAYS_MS, UndecodableMessageError } from './settlement.js';
export type { StartPolicy } from './start-policy.js';
export * from './stream-reads.js';
export { SubjectParameters } from './subject-parameters.js';
export * from './subscription.js';
export * from './topology.js';
