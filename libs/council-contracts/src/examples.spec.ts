import { readdirSync, readFileSync } from 'node:fs';
import { decode, encode, validate } from './codec.js';
import { EXAMPLES, exampleOf } from './examples.js';
import { MESSAGE_CLASSES } from './message-classes.js';
import { contextOf, metadataOf } from './message-plan.js';
import type { MessageClass } from './messages/message-class.js';
import { RoleClaim } from './messages/role-claim.message.js';

const json = (message: object): unknown => JSON.parse(new TextDecoder().decode(encode(message)));

/** `Class.field` for each field that a message says, at any depth. */
function fieldsSaid(type: MessageClass<object>, message: unknown): string[] {
  if (Array.isArray(message)) return message.flatMap((entry) => fieldsSaid(type, entry));
  return [...metadataOf(type)].flatMap(([name, metadatas]) => {
    const value: unknown = Reflect.get(message as object, name);
    if (value === undefined) return [];
    const nested = contextOf(metadatas).nested?.();
    return [`${type.schemaName}.${name}`, ...(nested === undefined ? [] : fieldsSaid(nested, value))];
  });
}

/** `Class.field` for each field that a class knows, at any depth. */
function fieldsKnown(type: MessageClass<object>): string[] {
  return [...metadataOf(type)].flatMap(([name, metadatas]) => {
    const nested = contextOf(metadatas).nested?.();
    return [`${type.schemaName}.${name}`, ...(nested === undefined ? [] : fieldsKnown(nested))];
  });
}

describe('the golden examples', () => {
  it('are one for each message, and all files of the folder', () => {
    const folder = new URL('./examples/', import.meta.url);
    const files = readdirSync(folder).map((file): unknown => JSON.parse(readFileSync(new URL(file, folder), 'utf8')));
    expect(Object.keys(EXAMPLES).sort()).toEqual(MESSAGE_CLASSES.map((type) => type.schemaName).sort());
    expect(files).toHaveLength(MESSAGE_CLASSES.length);
    expect(Object.values(EXAMPLES)).toEqual(expect.arrayContaining(files));
  });

  it.each(MESSAGE_CLASSES.map((type) => [type.schemaName, type] as const))('survive the wire unchanged: %s', (name, type) => {
    const message = decode(type, new TextEncoder().encode(JSON.stringify(EXAMPLES[name])));
    expect(message).toBeInstanceOf(type);
    expect(json(message)).toEqual(EXAMPLES[name]);
  });

  it('use every field of every message', () => {
    const said = new Set(MESSAGE_CLASSES.flatMap((type) => fieldsSaid(type, EXAMPLES[type.schemaName])));
    const known = new Set(MESSAGE_CLASSES.flatMap(fieldsKnown));
    expect([...known].filter((field) => !said.has(field))).toEqual([]);
  });

  it('can be taken with changes, which are validated too', () => {
    expect(exampleOf(RoleClaim, { response: 'decline', bids: [] })).toMatchObject({ response: 'decline', bids: [], agent_id: 'agent-7' });
    expect(() => exampleOf(RoleClaim, { attempt: 0 })).toThrow('attempt must be a whole number from 1');
  });

  it('are a new instance each time', () => {
    exampleOf(RoleClaim).capabilities.push('cooking');
    expect(exampleOf(RoleClaim).capabilities).not.toContain('cooking');
    expect(validate(RoleClaim, EXAMPLES.RoleClaim).capabilities).not.toContain('cooking');
  });
});
