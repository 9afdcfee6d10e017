export * from './eventually.js';
export * from './nats-server/resolve-nats-server.js';
export * from './nats-server/start-nats-server.js';
