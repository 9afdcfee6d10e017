import { plainToInstance } from 'class-transformer';
import { IsNotEmpty, IsOptional, IsString, validateSync, type ValidationError } from 'class-validator';
import fc from 'fast-check';
import { validate } from './codec.js';
import { MalformedMessageError } from './errors.js';
import { EXAMPLES } from './examples.js';
import { MESSAGE_CLASSES } from './message-classes.js';
import type { MessageClass } from './messages/message-class.js';

/** Paths that class-validator itself finds fault with; faults of entries of plain lists are at the list. */
function pathsOf(errors: readonly ValidationError[], prefix = ''): string[] {
  return errors.flatMap(({ property, children = [], constraints }) => {
    const name = /^\d+$/.test(property) ? `${prefix.slice(0, -1)}[${property}]` : `${prefix}${property}`;
    return [...(constraints === undefined ? [] : [name]), ...pathsOf(children, `${name}.`)];
  });
}

function byClassValidator(type: MessageClass<object>, value: object): string[] {
  return pathsOf(validateSync(plainToInstance(type, value, { exposeDefaultValues: true }), { forbidUnknownValues: false }));
}

function byPlan(type: MessageClass<object>, value: object): string[] {
  try {
    validate(type, value);
    return [];
  } catch (error) {
    if (error instanceof MalformedMessageError) return error.violations.map(({ path }) => path);
    throw error;
  }
}

/** Only top-level fields: the two name entries of lists differently. */
const fields = (paths: readonly string[]) => [...new Set(paths.map((path) => path.replace(/[[.].*$/, '')))].sort();

describe('the plan of a message class', () => {
  it.each(MESSAGE_CLASSES.map((type) => [type.schemaName, type] as const))('finds fault where class-validator does: %s', (name, type) => {
    const example = EXAMPLES[name] as Record<string, unknown>;
    const value = fc.jsonValue({ maxDepth: 2 }).filter((json) => !JSON.stringify(json).includes('null'));
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...Object.keys(example)), value, { maxKeys: 4, noNullPrototype: true }), (changes) => {
        const changed = { ...example, ...changes };
        expect(fields(byPlan(type, changed))).toEqual(fields(byClassValidator(type, changed)));
      }),
    );
  });

  it('understands plain class-validator decorators too, with their own sentences', () => {
    class Note {
      static readonly schemaName = 'Note';
      @IsString()
      @IsNotEmpty()
      text!: string;
      @IsOptional()
      @IsString({ each: true })
      tags?: string[];
    }
    expect(() => validate(Note, { text: 7, tags: ['a', 1] })).toThrow(
      'Note is malformed (2 violations): text must be a string, but is 7; tags[1] must be a string, but is 1.',
    );
    expect(() => validate(Note, { text: '' })).toThrow('text should not be empty, but is empty text');
    expect(validate(Note, { text: 'a' })).toEqual({ text: 'a' });
  });
});
