import asyncApiSchema from '@asyncapi/specs/schemas/3.0.0.json' with { type: 'json' };
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { CHANNELS } from '../channels.js';
import { MESSAGE_CLASSES } from '../message-classes.js';
import { STREAMS } from '../topology.js';
import { SUBJECTS } from '../subjects.js';
import { asyncApi } from './async-api.js';

const document = asyncApi() as {
  channels: Record<string, { address: string | null; parameters?: object; 'x-stream'?: string }>;
  operations: Record<string, { action: string; reply?: object }>;
  components: { messages: object };
};

/** Every `$ref` at any depth. */
function references(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => (key === '$ref' && typeof inner === 'string' ? [inner] : references(inner)));
}

function resolve(reference: string): unknown {
  const path = reference.replace('#/', '').split('/');
  return path.reduce<unknown>((value, key) => (value === undefined ? undefined : Reflect.get(value as object, key)), document);
}

describe('the AsyncAPI document', () => {
  it('is a valid AsyncAPI 3.0 document', () => {
    // meta: false, because the specification brings its own copy of draft 07
    const ajv = addFormats.default(new Ajv({ allErrors: true, strict: false, meta: false, validateSchema: false, logger: false }));
    const validateDocument = ajv.compile(asyncApiSchema);
    validateDocument(JSON.parse(JSON.stringify(document)));
    expect(validateDocument.errors ?? []).toEqual([]);
  });

  it('refers only to what it contains', () => {
    const all = references(document);
    expect(all.length).toBeGreaterThan(20);
    expect(all.filter((reference) => resolve(reference) === undefined)).toEqual([]);
  });

  it('has an address with named parameters for every subject', () => {
    const addresses = Object.values(document.channels).map(({ address }) => address);
    expect(addresses).toEqual(
      expect.arrayContaining(['chorus.councils.forming', 'chorus.councils.{councilId}.claims.{agentId}', 'chorus.agents.{agentId}.offer']),
    );
    expect(CHANNELS.map(({ subject }) => subject)).toEqual(expect.arrayContaining(Object.values(SUBJECTS)));
  });

  it('says where each message is stored', () => {
    expect(document.channels.claims).toMatchObject({ 'x-stream': STREAMS.claims.name, parameters: { councilId: {}, agentId: {} } });
  });

  it('has the answer to an offer as its reply', () => {
    expect(document.operations['offer.send']).toMatchObject({
      action: 'send',
      reply: { messages: [{ $ref: '#/channels/offerReply/messages/RoleOfferReply' }] },
    });
  });

  it('contains every message', () => {
    expect(Object.keys(document.components.messages)).toEqual(expect.arrayContaining(MESSAGE_CLASSES.map((type) => type.schemaName)));
  });
});
