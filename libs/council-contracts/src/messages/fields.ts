import 'reflect-metadata';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsNumber,
  IsObject,
  IsOptional,
  IsString,
  Matches,
  Max,
  MaxLength,
  Min,
  MinLength,
  ValidateBy,
  ValidateNested,
} from 'class-validator';
import { TOKEN } from '../token.js';
import { isFreeForm } from './free-form.js';
import { LIMITS } from './limits.js';
import type { MessageClass } from './message-class.js';
import { isTimestamp } from './timestamp.js';

/** What every field says about itself. */
interface FieldOptions {
  /** One sentence for the generated documents. */
  readonly about: string;
  /** The field may be absent. A field with a default may be absent too and needs no `optional`. */
  readonly optional?: boolean;
}

/** What the documents know of a field; it travels as the `context` of a class-validator decorator. */
export interface FieldContext {
  readonly about?: string;
  /** The class of a nested message, as a function because classes may refer to later ones. */
  readonly nested?: () => MessageClass<object>;
}

const SINGLE_LINE = /^[^\r\n\0]*$/;

/** A line of text, fit for a header and a log: no CR, LF or NUL. */
export function Line(o: FieldOptions & { min?: number; max: number }): PropertyDecorator {
  const message = `$property must be one line of ${o.min ?? 0} to ${o.max} characters`;
  return field(o, [
    IsString({ message }),
    MinLength(o.min ?? 0, { message }),
    MaxLength(o.max, { message }),
    Matches(SINGLE_LINE, { message: '$property must not contain CR, LF or NUL' }),
  ]);
}

/** Text of any number of lines. */
export function Text(o: FieldOptions & { max: number }): PropertyDecorator {
  const message = `$property must be text of at most ${o.max} characters`;
  return field(o, [IsString({ message }), MaxLength(o.max, { message })]);
}

/** An id that may become a token of a subject. */
export function Token(o: FieldOptions): PropertyDecorator {
  const message = '$property must be 1 to 64 letters, digits, "_" and "-"';
  return field(o, [IsString({ message }), Matches(TOKEN, { message })]);
}

/** The version of the schema: any 1.x is understood, because changes are additive. */
export function SchemaVersion(): PropertyDecorator {
  const message = '$property must be a version 1.x';
  return field({ about: 'Version of the message; changes within 1.x are additive.' }, [
    IsString({ message }),
    Matches(/^1\.\d{1,4}$/, { message }),
  ]);
}

/** A moment as RFC 3339 text, for example `2026-01-31T09:30:00.250Z`. */
export function Timestamp(o: FieldOptions): PropertyDecorator {
  const message = '$property must be a time in RFC 3339, such as 2026-01-31T09:30:00.250Z';
  return field(o, [ValidateBy({ name: 'isTimestamp', validator: { validate: isTimestamp } }, { message })]);
}

/** A whole number. */
export function Whole(o: FieldOptions & { min: number; max?: number }): PropertyDecorator {
  const max = o.max ?? Number.MAX_SAFE_INTEGER;
  const message =
    o.max === undefined ? `$property must be a whole number from ${o.min}` : `$property must be a whole number from ${o.min} to ${max}`;
  return field(o, [IsInt({ message }), Min(o.min, { message }), Max(max, { message })]);
}

/** A number, whole or not. */
export function Amount(o: FieldOptions & { min: number; max?: number }): PropertyDecorator {
  const message = o.max === undefined ? `$property must be a number from ${o.min}` : `$property must be a number from ${o.min} to ${o.max}`;
  const decorators = [IsNumber({}, { message }), Min(o.min, { message })];
  return field(o, o.max === undefined ? decorators : [...decorators, Max(o.max, { message })]);
}

/** True or false. */
export function Flag(o: FieldOptions): PropertyDecorator {
  return field(o, [IsBoolean({ message: '$property must be true or false' })]);
}

/** One of some fixed words. */
export function OneOf(values: readonly string[], o: FieldOptions): PropertyDecorator {
  return field(o, [IsIn([...values], { message: `$property must be one of ${values.join(', ')}` })]);
}

/** A list of lines of text. */
export function Lines(o: FieldOptions & { maxItems: number; max: number }): PropertyDecorator {
  const message = `$property must be one line of 1 to ${o.max} characters`;
  return field(o, [
    IsArray({ message: '$property must be a list of texts' }),
    ArrayMaxSize(o.maxItems, { message: `$property must have at most ${o.maxItems} entries` }),
    IsString({ each: true, message }),
    MinLength(1, { each: true, message }),
    MaxLength(o.max, { each: true, message }),
    Matches(SINGLE_LINE, { each: true, message: '$property must not contain CR, LF or NUL' }),
  ]);
}

/** A message inside the message. */
export function Nested(type: () => MessageClass<object>, o: FieldOptions): PropertyDecorator {
  const context: FieldContext = { nested: type };
  const message = '$property must be an object';
  return field(o, [Type(type), IsObject({ message }), ValidateNested({ message, context })]);
}

/** A list of messages inside the message. */
export function NestedList(type: () => MessageClass<object>, o: FieldOptions & { minItems?: number; maxItems: number }): PropertyDecorator {
  const context: FieldContext = { nested: type };
  const message = '$property must be an object';
  const minItems = o.minItems ?? 0;
  return field(o, [
    Type(type),
    IsArray({ message: '$property must be a list of objects' }),
    ...(minItems > 0 ? [ArrayMinSize(minItems, { message: `$property must have at least ${minItems} entries` })] : []),
    ArrayMaxSize(o.maxItems, { message: `$property must have at most ${o.maxItems} entries` }),
    // ValidateNested alone lets an empty list pass for an object.
    IsObject({ each: true, message }),
    ValidateNested({ each: true, message, context }),
  ]);
}

/** An object of anything, for what the protocol does not interpret. */
export function FreeForm(o: FieldOptions): PropertyDecorator {
  const message = `$property must be an object that nests at most ${LIMITS.metadataDepth} deep`;
  return field(o, [ValidateBy({ name: 'isFreeForm', validator: { validate: isFreeForm } }, { message })]);
}

function field(o: FieldOptions, decorators: readonly PropertyDecorator[]): PropertyDecorator {
  const context: FieldContext = { about: o.about };
  const about = ValidateBy({ name: 'field', validator: { validate: () => true } }, { context });
  const all = o.optional === true ? [about, IsOptional(), ...decorators] : [about, ...decorators];
  return (target, property) => all.forEach((decorate) => decorate(target, property));
}
