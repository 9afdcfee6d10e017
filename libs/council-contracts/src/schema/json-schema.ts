import { MESSAGE_CLASSES } from '../message-classes.js';
import { contextOf, metadataOf, type FieldMetadata } from '../message-plan.js';
import type { MessageClass } from '../messages/message-class.js';

/** A JSON Schema, draft 07: the draft that AsyncAPI 3 is based on. */
export interface JsonSchema {
  readonly [keyword: string]: unknown;
}

const DRAFT = 'http://json-schema.org/draft-07/schema#';

/**
 * The schemas of all messages, each complete in itself.
 * @returns schema name → schema, in the order of `MESSAGE_CLASSES`
 */
export function jsonSchemas(): Record<string, JsonSchema> {
  return Object.fromEntries(MESSAGE_CLASSES.map((type) => [type.schemaName, standaloneSchema(type)]));
}

/**
 * The schemas of all messages and of what is nested in them, which refer to each other by `#/components/schemas/…`.
 * @returns schema name → schema
 */
export function componentSchemas(): Record<string, JsonSchema> {
  const types = new Set(MESSAGE_CLASSES.flatMap((type) => [type, ...nestedClasses(type)]));
  return Object.fromEntries([...types].map((type) => [type.schemaName, objectSchema(type, '#/components/schemas/')]));
}

function standaloneSchema(type: MessageClass<object>): JsonSchema {
  const nested = nestedClasses(type);
  const definitions = Object.fromEntries(nested.map((inner) => [inner.schemaName, objectSchema(inner, '#/definitions/')]));
  return { $schema: DRAFT, ...objectSchema(type, '#/definitions/'), ...(nested.length > 0 ? { definitions } : {}) };
}

/** Every class inside a class, at any depth, each once. */
function nestedClasses(type: MessageClass<object>, found = new Set<MessageClass<object>>()): MessageClass<object>[] {
  for (const metadatas of metadataOf(type).values()) {
    const nested = contextOf(metadatas).nested?.();
    if (nested === undefined || found.has(nested)) continue;
    found.add(nested);
    nestedClasses(nested, found);
  }
  return [...found];
}

function objectSchema(type: MessageClass<object>, refPrefix: string): JsonSchema {
  const defaults = new type() as Record<string, unknown>;
  const properties: Record<string, JsonSchema> = {};
  const required: string[] = [];
  for (const [name, metadatas] of metadataOf(type)) {
    const fallback = defaults[name];
    properties[name] = { ...fieldSchema(name, metadatas, refPrefix), ...(fallback === undefined ? {} : { default: fallback }) };
    if (fallback === undefined && !metadatas.some((metadata) => metadata.type === 'conditionalValidation')) required.push(name);
  }
  return { title: type.schemaName, type: 'object', properties, required };
}

function fieldSchema(name: string, metadatas: readonly FieldMetadata[], refPrefix: string): JsonSchema {
  const { about, nested } = contextOf(metadatas);
  const description = about === undefined ? {} : { description: about };
  const value: Record<string, unknown> = {};
  const entries: Record<string, unknown> = {};
  for (const metadata of metadatas) Object.assign(metadata.each ? entries : value, keywordsOf(name, metadata));
  if (nested !== undefined) {
    const reference = { $ref: `${refPrefix}${nested().schemaName}` };
    // Draft 07 ignores everything beside a $ref, so the description needs the detour over allOf.
    if (value.type !== 'array') return { ...description, allOf: [reference] };
    return { ...description, ...value, items: reference };
  }
  return { ...description, ...value, ...(value.type === 'array' ? { items: entries } : {}) };
}

type Keywords = (constraints: readonly unknown[]) => JsonSchema;

/** What each constraint of class-validator is in JSON Schema. */
const KEYWORDS: Readonly<Record<string, Keywords>> = {
  isString: () => ({ type: 'string' }),
  minLength: ([minLength]) => (minLength === 0 ? {} : { minLength }),
  maxLength: ([maxLength]) => ({ maxLength }),
  matches: ([pattern]) => ({ pattern: (pattern as RegExp).source }),
  isInt: () => ({ type: 'integer' }),
  isNumber: () => ({ type: 'number' }),
  min: ([minimum]) => ({ minimum }),
  max: ([maximum]) => ({ maximum }),
  isBoolean: () => ({ type: 'boolean' }),
  isIn: ([values]) => ({ type: 'string', enum: values }),
  isArray: () => ({ type: 'array' }),
  isObject: () => ({ type: 'object' }),
  arrayMinSize: ([minItems]) => ({ minItems }),
  arrayMaxSize: ([maxItems]) => ({ maxItems }),
  isTimestamp: () => ({ type: 'string', format: 'date-time' }),
  isFreeForm: () => ({ type: 'object', additionalProperties: true }),
  // JSON Schema cannot say that a field of the entries is unique; the description of the field says it.
  uniqueRoleNames: () => ({}),
};

function keywordsOf(field: string, metadata: FieldMetadata): JsonSchema {
  if (metadata.type !== 'customValidation' || metadata.name === 'field') return {};
  const keywords = KEYWORDS[metadata.name ?? ''];
  if (keywords === undefined) throw new Error(`No JSON Schema for the constraint "${metadata.name}" of ${field}: add it to KEYWORDS.`);
  return keywords(metadata.constraints ?? []);
}
