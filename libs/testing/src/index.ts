export * from './eventually.js';
export * from './nats-server/resolve-nats-server.js';
export * from './nats-server/start-nats-server.js';
export * from './reference-agent/reference-agent.js';
export type * from './reference-agent/reference-agent.port.js';
export * from './nats-server/start-nats-cluster.js';
