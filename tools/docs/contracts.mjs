// The documents that come from libs/council-contracts.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { code, duration, jsonBlock, page, table } from './markdown.mjs';

/** @typedef {Record<string, any>} Schema a JSON Schema */

/**
 * @param {string} root the workspace
 * @returns {Promise<import('../docs.mjs').DocGenerator[]>}
 */
export async function contractDocs(root) {
  const contracts = await import(pathToFileURL(join(root, 'libs/council-contracts/dist/index.js')).href);
  /** @type {Record<string, Schema>} */
  const schemas = contracts.jsonSchemas();
  return [
    { file: 'subjects.md', generate: () => subjects(contracts) },
    { file: 'streams.md', generate: () => streams(contracts) },
    { file: 'messages.md', generate: () => messages(contracts, schemas) },
    { file: 'asyncapi.json', generate: () => json(contracts.asyncApi()) },
    ...Object.entries(schemas).map(([name, schema]) => ({ file: `schemas/${name}.json`, generate: () => json(schema) })),
  ];
}

/** @param {any} contracts */
function subjects({ CHANNELS, HEADER, TOKEN }) {
  const rows = CHANNELS.map((/** @type {any} */ channel) => [
    code(channel.subject.pattern),
    channel.subject.parameters.map(code).join(', '),
    `${channel.from} → ${channel.to}`,
    messageLinks(channel),
    code(channel.stream?.name ?? channel.bucket) || 'not stored',
    channel.about,
  ]);
  return page('Subjects', [
    `Each \`*\` is one token and matches ${code(TOKEN.source)}. The sender's id is a token of the subject, so that the broker's permissions bind identity.`,
    table(['Subject', 'Wildcards', 'From → to', 'Message', 'Kept in', 'What for'], rows),
    '## Headers',
    `Every message that is stored carries ${code(HEADER.messageId)}, made from what it says and never random, and ${code(HEADER.traceparent)} when it belongs to a trace.`,
    table(
      ['Message', 'Headers'],
      [
        [
          'CouncilOpportunity',
          [HEADER.councilId, HEADER.project, HEADER.repository, HEADER.ucxlAddress, HEADER.publishedAt].map(code).join(', '),
        ],
        ['CouncilStatusUpdate', [HEADER.councilId, HEADER.status].map(code).join(', ')],
      ],
    ),
  ]);
}

/** @param {any} channel */
function messageLinks({ message, reply }) {
  if (message === undefined) return 'the original bytes';
  const link = (/** @type {{ schemaName: string }} */ { schemaName }) => `[${schemaName}](messages.md#${schemaName.toLowerCase()})`;
  return reply === undefined ? link(message) : `${link(message)} → ${link(reply)}`;
}

/** @param {any} contracts */
function streams({ STREAMS, BUCKETS }) {
  /** @type {any[]} */
  const allStreams = Object.values(STREAMS);
  /** @type {any[]} */
  const allBuckets = Object.values(BUCKETS);
  const streamRows = allStreams.map((stream) => [
    code(stream.name),
    stream.subjects.map(code).join('<br>'),
    duration(stream.maxAgeMs),
    String(stream.maxMsgsPerSubject ?? 'no limit'),
    duration(stream.duplicateWindowMs) || "server's default",
    yesOrNo(stream.allowDirect),
    String(stream.maxConsumers),
    stream.description,
  ]);
  const bucketRows = allBuckets.map((bucket) => [
    code(bucket.name),
    String(bucket.history),
    duration(bucket.maxAgeMs) || 'never',
    yesOrNo(bucket.allowDirect),
    String(bucket.maxConsumers),
    bucket.description,
  ]);
  return page('Streams and buckets', [
    'All are stored in files, with one replica, or three on a cluster. They are created when a service starts, and never deleted by one.',
    '## Streams',
    table(['Stream', 'Subjects', 'Kept for', 'Per subject', 'Duplicate window', 'Direct reads', 'Consumers at most', 'Holds'], streamRows),
    '## Key-value buckets',
    table(['Bucket', 'History', 'Removed after', 'Direct reads', 'Consumers at most', 'Holds'], bucketRows),
  ]);
}

/** @param {any} contracts @param {Record<string, Schema>} schemas */
function messages({ EXAMPLES }, schemas) {
  const sections = Object.entries(schemas).flatMap(([name, schema]) => [
    `## ${name}`,
    fields(schema),
    ...Object.entries(schema.definitions ?? {})
      .filter(([inner]) => schemas[inner] === undefined)
      .flatMap(([inner, definition]) => [`### ${name}: ${inner}`, fields(definition)]),
    `Example ([schema](schemas/${name}.json)):`,
    jsonBlock(EXAMPLES[name]),
  ]);
  return page('Messages', [
    'UTF-8 JSON. Fields that a receiver does not know are ignored, and changes within `schema_version` 1.x only add fields. `null` counts as absent.',
    ...sections,
  ]);
}

/** @param {Schema} schema */
function fields(schema) {
  /** @type {[string, Schema][]} */
  const properties = Object.entries(schema.properties);
  const rows = properties.map(([name, field]) => [code(name), type(field), presence(schema, name, field), field.description ?? '']);
  return table(['Field', 'Type', 'Needed', 'Meaning'], rows);
}

/** @param {Schema} schema @param {string} name @param {Schema} field */
function presence(schema, name, field) {
  if (schema.required.includes(name)) return 'yes';
  return field.default === undefined ? 'no' : `default ${code(JSON.stringify(field.default))}`;
}

/** The type of a field in words. @param {Schema} field @returns {string} */
function type(field) {
  const reference = field.$ref ?? field.allOf?.[0]?.$ref;
  if (typeof reference === 'string') return reference.replace('#/definitions/', '');
  if (field.type === 'array') return `list of at most ${field.maxItems}: ${type(field.items)}`;
  if (field.enum !== undefined) return field.enum.map(code).join(' | ');
  if (field.format === 'date-time') return 'time, RFC 3339';
  if (field.type === 'integer' || field.type === 'number') return numberType(field);
  if (field.type !== 'string') return field.type;
  if (field.maxLength === undefined) return `text ${code(field.pattern)}`;
  return `text, ${field.minLength === undefined ? 'up to ' : `${field.minLength} to `}${field.maxLength} characters${field.pattern === undefined ? '' : ', one line'}`;
}

/** @param {Schema} field */
function numberType({ type: name, minimum, maximum }) {
  const kind = name === 'integer' ? 'whole number' : 'number';
  return maximum === undefined || maximum === Number.MAX_SAFE_INTEGER ? `${kind} from ${minimum}` : `${kind}, ${minimum} to ${maximum}`;
}

/** @param {boolean} value */
function yesOrNo(value) {
  return value ? 'yes' : 'no';
}

/** @param {unknown} value */
function json(value) {
  return `${JSON.stringify(value, null, 2)}\n`;
}
