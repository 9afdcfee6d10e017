import { CHANNELS, type Channel } from '../channels.js';
import { EXAMPLES } from '../examples.js';
import { HEADER } from '../headers.js';
import { CouncilOpportunity } from '../messages/council-opportunity.message.js';
import { CouncilStatusUpdate } from '../messages/council-status-update.message.js';
import type { MessageClass } from '../messages/message-class.js';
import { TOKEN } from '../token.js';
import { componentSchemas, type JsonSchema } from './json-schema.js';

const DEAD_LETTER = 'DeadLetter';
const REPLIES = 'offerReply';

/**
 * The protocol as an AsyncAPI 3 document, made from the message classes and the table of channels.
 * @returns a JSON document, the same at each call
 */
export function asyncApi(): JsonSchema {
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'WHOOSH council protocol',
      version: `${new CouncilOpportunity().schema_version}.0`,
      description: 'How WHOOSH coordinators form councils of CHORUS agents over NATS JetStream. Generated from libs/council-contracts.',
      license: { name: 'MIT' },
    },
    defaultContentType: 'application/json',
    servers: {
      nats: {
        host: '{host}',
        protocol: 'nats',
        description: 'A NATS server, or a cluster, with JetStream enabled.',
        variables: { host: { default: 'backbeat-nats:4222', description: 'Host and port, as in NATS_URL.' } },
      },
    },
    channels: Object.fromEntries(CHANNELS.flatMap(channelEntries)),
    operations: Object.fromEntries(CHANNELS.flatMap(operationEntries)),
    components: {
      schemas: componentSchemas(),
      messages: Object.fromEntries(CHANNELS.flatMap(messageEntries)),
    },
  };
}

function channelEntries(channel: Channel): [string, JsonSchema][] {
  const entry: [string, JsonSchema] = [
    channel.name,
    {
      address: addressOf(channel),
      description: channel.about,
      messages: messageReference(channel.message),
      ...parametersOf(channel),
      ...(channel.stream === undefined ? {} : { 'x-stream': channel.stream.name }),
      ...(channel.bucket === undefined ? {} : { 'x-bucket': channel.bucket }),
    },
  ];
  if (channel.reply === undefined) return [entry];
  const replies = {
    address: null,
    description: `Answers to ${channel.name}; the request says where.`,
    messages: messageReference(channel.reply),
  };
  return [entry, [REPLIES, replies]];
}

function parametersOf({ subject }: Channel): JsonSchema {
  if (subject.parameters.length === 0) return {};
  const description = `A token: ${TOKEN.source}`;
  return { parameters: Object.fromEntries(subject.parameters.map((name) => [name, { description }])) };
}

/** The pattern with its wildcards replaced by their names. */
function addressOf({ subject }: Channel): string {
  const names = [...subject.parameters];
  return subject.pattern.replaceAll('*', () => `{${names.shift() ?? ''}}`);
}

function operationEntries(channel: Channel): [string, JsonSchema][] {
  const reference = { $ref: `#/channels/${channel.name}` };
  const messages = [{ $ref: `#/channels/${channel.name}/messages/${nameOf(channel.message)}` }];
  const reply =
    channel.reply === undefined
      ? {}
      : {
          reply: {
            address: { location: '$message.header#/reply', description: "The request's reply subject." },
            channel: { $ref: `#/channels/${REPLIES}` },
            messages: [{ $ref: `#/channels/${REPLIES}/messages/${nameOf(channel.reply)}` }],
          },
        };
  const operation = { channel: reference, messages, ...reply };
  return [
    [`${channel.name}.send`, { action: 'send', title: `${channel.from} sends`, tags: [{ name: channel.from }], ...operation }],
    [`${channel.name}.receive`, { action: 'receive', title: `${channel.to} receives`, tags: [{ name: channel.to }], ...operation }],
  ];
}

function messageEntries(channel: Channel): [string, JsonSchema][] {
  if (channel.message === undefined) return [[DEAD_LETTER, deadLetter()]];
  const types = channel.reply === undefined ? [channel.message] : [channel.message, channel.reply];
  return types.map((type) => [type.schemaName, messageObject(type)]);
}

function messageObject(type: MessageClass<object>): JsonSchema {
  return {
    name: type.schemaName,
    headers: headersOf(type),
    payload: { $ref: `#/components/schemas/${type.schemaName}` },
    examples: [{ name: 'golden', payload: EXAMPLES[type.schemaName] }],
  };
}

function deadLetter(): JsonSchema {
  return {
    name: DEAD_LETTER,
    contentType: 'application/octet-stream',
    description: 'The original bytes. The original headers are kept; headers that begin with Dead-Letter- say why, where from and when.',
    headers: { type: 'object', additionalProperties: { type: 'string' } },
  };
}

function headersOf(type: MessageClass<object>): JsonSchema {
  const everywhere = [HEADER.messageId, HEADER.traceparent];
  if (type === CouncilOpportunity) {
    const own = [HEADER.councilId, HEADER.project, HEADER.repository, HEADER.ucxlAddress, HEADER.publishedAt];
    return headerSchema([...own, ...everywhere], own);
  }
  if (type === CouncilStatusUpdate)
    return headerSchema([HEADER.councilId, HEADER.status, ...everywhere], [HEADER.councilId, HEADER.status]);
  return headerSchema(everywhere, []);
}

function headerSchema(names: readonly string[], required: readonly string[]): JsonSchema {
  const formats: JsonSchema = { [HEADER.publishedAt]: { type: 'string', format: 'date-time' } };
  return { type: 'object', properties: Object.fromEntries(names.map((name) => [name, formats[name] ?? { type: 'string' }])), required };
}

function messageReference(type: MessageClass<object> | undefined): JsonSchema {
  return { [nameOf(type)]: { $ref: `#/components/messages/${nameOf(type)}` } };
}

function nameOf(type: MessageClass<object> | undefined): string {
  return type?.schemaName ?? DEAD_LETTER;
}
