import { getMetadataStorage, type ValidationArguments, type ValidatorConstraintInterface } from 'class-validator';
import type { FieldContext } from './messages/fields.js';
import type { MessageClass } from './messages/message-class.js';

/** One constraint of one field, ready to run. */
export interface FieldCheck {
  /** Whether it holds for each entry of a list and not for the list. */
  readonly each: boolean;
  /** Whether the value has the wrong shape when it fails, so that nothing more can be said about what is inside. */
  readonly decidesShape: boolean;
  readonly constraints: unknown[];
  readonly accepts: (value: unknown, args: ValidationArguments) => boolean;
  readonly explain: (args: ValidationArguments) => string;
}

/** One field of a message class. */
export interface FieldPlan {
  readonly name: string;
  readonly optional: boolean;
  /** The value may be anything JSON can say; it is copied, not built. */
  readonly freeForm: boolean;
  readonly nested: (() => MessageClass<object>) | undefined;
  /** Whether `nested` describes the entries of a list. */
  readonly nestedList: boolean;
  readonly checks: readonly FieldCheck[];
}

/** What class-validator remembers of one decorator. */
export type FieldMetadata = ReturnType<ReturnType<typeof getMetadataStorage>['getTargetValidationMetadatas']>[number];

/** Constraints without which nothing inside the value is looked at; a list that is too long is not searched for more. */
const SHAPE: ReadonlySet<string> = new Set(['isArray', 'isObject', 'arrayMaxSize', 'isFreeForm']);

const plans = new WeakMap<MessageClass<object>, readonly FieldPlan[]>();

/**
 * The fields of a message class, from its class-validator decorators, read once.
 * class-validator's own `validateSync` looks all of this up again for each value.
 * @param type a message class
 * @returns the fields in the order in which the class declares them
 * @source docs/adr/0009-messages-are-checked-by-a-plan.md, with what was measured
 */
export function planOf(type: MessageClass<object>): readonly FieldPlan[] {
  const known = plans.get(type);
  if (known !== undefined) return known;
  const plan = [...metadataOf(type)].map(([name, metadatas]) => planField(name, metadatas));
  plans.set(type, plan);
  return plan;
}

/**
 * The decorators of a message class.
 * @param type a message class
 * @returns field name → what each of its decorators says; both in the order of declaration
 */
export function metadataOf(type: MessageClass<object>): ReadonlyMap<string, readonly FieldMetadata[]> {
  const byField = new Map<string, FieldMetadata[]>();
  for (const metadata of getMetadataStorage().getTargetValidationMetadatas(type, '', false, false)) {
    const metadatas = byField.get(metadata.propertyName);
    if (metadatas === undefined) byField.set(metadata.propertyName, [metadata]);
    else metadatas.push(metadata);
  }
  return byField;
}

/** What the message classes say of a field beside its constraints. */
export function contextOf(metadatas: readonly FieldMetadata[]): FieldContext {
  return Object.assign({}, ...metadatas.map((metadata): unknown => metadata.context));
}

function planField(name: string, metadatas: readonly FieldMetadata[]): FieldPlan {
  return {
    name,
    optional: metadatas.some((metadata) => metadata.type === 'conditionalValidation'),
    freeForm: metadatas.some((metadata) => metadata.name === 'isFreeForm'),
    nested: contextOf(metadatas).nested,
    nestedList: metadatas.some((metadata) => metadata.type === 'nestedValidation' && metadata.each),
    checks: metadatas.filter((metadata) => metadata.type === 'customValidation' && metadata.name !== 'field').flatMap(planChecks),
  };
}

function planChecks(metadata: FieldMetadata): FieldCheck[] {
  return getMetadataStorage()
    .getTargetValidatorConstraints(metadata.constraintCls)
    .map(({ instance }) => ({
      each: metadata.each,
      decidesShape: SHAPE.has(metadata.name ?? ''),
      constraints: metadata.constraints ?? [],
      accepts: (value, args) => instance.validate(value, args) === true,
      explain: (args) => explain(metadata, instance, args),
    }));
}

/** class-validator begins its sentences with the property; here the path of the violation says it. */
function explain(metadata: FieldMetadata, instance: ValidatorConstraintInterface, args: ValidationArguments): string {
  const message = typeof metadata.message === 'function' ? metadata.message(args) : metadata.message;
  return (message ?? instance.defaultMessage?.(args) ?? 'is not valid').replace(/^(each value in )?\$property /, '');
}
