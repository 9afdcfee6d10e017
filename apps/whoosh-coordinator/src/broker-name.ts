/** The name of the coordinator's connection, as operators see it. @source protocol.md, Seed */
export const CONNECTION_NAME = 'WHOOSH Council Publisher';
