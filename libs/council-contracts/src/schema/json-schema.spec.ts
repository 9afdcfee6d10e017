import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import fc from 'fast-check';
import { decode, encode, validate } from '../codec.js';
import { EXAMPLES, exampleOf } from '../examples.js';
import { MESSAGE_CLASSES } from '../message-classes.js';
import { CouncilOpportunity } from '../messages/council-opportunity.message.js';
import type { MessageClass } from '../messages/message-class.js';
import { jsonSchemas, type JsonSchema } from './json-schema.js';

const ajv = addFormats.default(new Ajv({ allErrors: true, strict: true, strictRequired: true }));
const schemas = jsonSchemas();
const validators = new Map(Object.entries(schemas).map(([name, schema]) => [name, ajv.compile(schema)]));
const types = MESSAGE_CLASSES.map((type) => [type.schemaName, type] as const);

const fitsSchema = (type: MessageClass<object>, value: unknown): boolean => validators.get(type.schemaName)?.(value) === true;
const fitsClass = (type: MessageClass<object>, value: unknown): boolean => {
  try {
    return validate(type, value) instanceof type;
  } catch {
    return false;
  }
};

/** Values that a schema allows, short ones first. */
function allowedBy(schema: JsonSchema, root: JsonSchema): fc.Arbitrary<unknown> {
  const reference = schema.$ref ?? (schema.allOf as JsonSchema[] | undefined)?.[0]?.$ref;
  if (typeof reference === 'string') return allowedBy(definition(root, reference), root);
  if (Array.isArray(schema.enum)) return fc.constantFrom(...(schema.enum as unknown[]));
  if (schema.type === 'boolean') return fc.boolean();
  if (schema.type === 'integer') return fc.integer({ min: Number(schema.minimum), max: Math.min(Number(schema.maximum), 2 ** 31 - 1) });
  if (schema.type === 'number') return fc.double({ min: Number(schema.minimum), max: Number(schema.maximum ?? 1e9), noNaN: true });
  if (schema.type === 'array')
    return fc.uniqueArray(allowedBy(schema.items as JsonSchema, root), { minLength: Number(schema.minItems ?? 0), maxLength: 4 });
  if (schema.format === 'date-time')
    return fc.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true }).map((date) => date.toISOString());
  if (schema.type === 'string') return textAllowedBy(schema);
  return schema.properties === undefined
    ? fc.dictionary(
        fc.string().filter((key) => key !== '__proto__'),
        fc.jsonValue({ maxDepth: 3 }),
      )
    : recordAllowedBy(schema, root);
}

function definition(root: JsonSchema, reference: string): JsonSchema {
  return (root.definitions as Record<string, JsonSchema>)[reference.replace('#/definitions/', '')] as JsonSchema;
}

function textAllowedBy(schema: JsonSchema): fc.Arbitrary<string> {
  const fits = (text: string) => text.length >= Number(schema.minLength ?? 0) && text.length <= Number(schema.maxLength ?? 1_000);
  if (typeof schema.pattern !== 'string' || schema.pattern.includes('\\n'))
    return fc
      .string({ maxLength: 40 })
      .map((text) => text.replace(/[\r\n\0]/g, '_'))
      .filter(fits);
  return fc.stringMatching(new RegExp(schema.pattern)).filter(fits);
}

function recordAllowedBy(schema: JsonSchema, root: JsonSchema): fc.Arbitrary<object> {
  const properties = Object.entries(schema.properties as Record<string, JsonSchema>).map(([name, inner]) => [name, allowedBy(inner, root)]);
  return fc.record(Object.fromEntries(properties) as Record<string, fc.Arbitrary<unknown>>, {
    requiredKeys: schema.required as string[],
    noNullPrototype: true,
  });
}

/** Role names must be unique, which a schema cannot say: number them. */
function withUniqueRoles(message: object): object {
  let count = 0;
  const opportunity = message instanceof Object && 'opportunity' in message ? message.opportunity : message;
  for (const list of ['core_roles', 'optional_roles']) {
    const roles: unknown = Reflect.get(opportunity as object, list);
    if (Array.isArray(roles)) roles.forEach((role: { role_name: string }) => (role.role_name = `role-${count++}`));
  }
  return message;
}

describe('the JSON Schemas', () => {
  it.each(types)('accept the golden example of %s', (name, type) => {
    expect(fitsSchema(type, EXAMPLES[name])).toBe(true);
  });

  it.each(types)('describe every field of %s', (name) => {
    const { properties } = schemas[name] as { properties: Record<string, JsonSchema> };
    expect(Object.entries(properties).filter(([, schema]) => typeof schema.description !== 'string')).toEqual([]);
  });

  it('require what a sender must say, and give the defaults of the rest', () => {
    const { required, properties } = schemas.CouncilOpportunity as { required: string[]; properties: Record<string, JsonSchema> };
    expect(required).toEqual(['council_id', 'project_name', 'core_roles', 'formation_deadline', 'created_at']);
    expect(properties.attempt).toMatchObject({ type: 'integer', minimum: 1, default: 1 });
    expect(properties.reason).toMatchObject({ enum: ['initial', 'reminder', 'reopen'], default: 'initial' });
    expect(properties.council_id).toMatchObject({ pattern: '^[A-Za-z0-9_-]{1,64}$' });
  });

  it.each(types)('allow nothing that cannot be decoded, and it decodes to what was encoded: %s', (name, type) => {
    const schema = schemas[name] as JsonSchema;
    fc.assert(
      fc.property(allowedBy(schema, schema), (value) => {
        const message = withUniqueRoles(value as object);
        expect(fitsSchema(type, message)).toBe(true);
        const decoded = decode(type, encode(message));
        // `__proto__` is left out of metadata on purpose, see copyFreeForm.
        const withoutProto = (key: string, value: unknown) => (key === '__proto__' ? undefined : value);
        expect(decoded).toMatchObject(JSON.parse(JSON.stringify(message), withoutProto) as object);
        expect(decode(type, encode(decoded))).toEqual(decoded);
      }),
      { numRuns: 60 },
    );
  });

  it.each(types)('agree with the class on every changed example: %s', (name, type) => {
    // null counts as absent for the class; the schema describes what is sent, and null is never sent
    const anything = fc.jsonValue({ maxDepth: 2 }).filter((value) => !JSON.stringify(value).includes('null'));
    const fields = Object.keys(EXAMPLES[name] as object);
    fc.assert(
      fc.property(fc.constantFrom(...fields), fc.option(anything, { nil: undefined }), (field, value) => {
        const changed: unknown = JSON.parse(JSON.stringify({ ...(EXAMPLES[name] as object), [field]: value }));
        expect({ changed, fits: fitsClass(type, changed) }).toEqual({ changed, fits: fitsSchema(type, changed) });
      }),
      { numRuns: 200 },
    );
  });

  it('refuse what the class refuses', () => {
    const wrong: object[] = [{ core_roles: [] }, { council_id: 'a.b' }, { project_name: 'a\nb' }, { created_at: 'now' }, { attempt: 1.5 }];
    for (const changes of wrong) {
      const value = { ...exampleOf(CouncilOpportunity), ...changes };
      expect([changes, fitsSchema(CouncilOpportunity, value), fitsClass(CouncilOpportunity, value)]).toEqual([changes, false, false]);
    }
  });
});
