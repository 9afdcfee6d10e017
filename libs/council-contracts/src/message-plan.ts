import { getMetadataStorage, type ValidationArguments, type ValidatorConstraintInterface } from 'class-validator';
import type { FieldContext } from './messages/fields.js';
import type { MessageClass } from './messages/message-class.js';

/** One constraint of one field, ready to run. */
export interface FieldCheck {
  /** Whether it holds for each entry of a list and not for the list. */
  readonly each: boolean;
  readonly accepts: (value: unknown, args: ValidationArguments) => boolean;
  readonly explain: (args: ValidationArguments) => string;
  readonly constraints: readonly unknown[];
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
  readonly nestedMessage: string;
  readonly checks: readonly FieldCheck[];
}

type Metadata = ReturnType<ReturnType<typeof getMetadataStorage>['getTargetValidationMetadatas']>[number];

const plans = new WeakMap<MessageClass<object>, readonly FieldPlan[]>();

/**
 * The fields of a message class, from its class-validator decorators, read once.
 * class-validator's own `validateSync` looks all of this up again for each value.
 * @param type a message class
 * @returns the fields in the order in which the class declares them
 * @source ADR "Messages are checked by a plan"; measured: see there
 */
export function planOf(type: MessageClass<object>): readonly FieldPlan[] {
  const known = plans.get(type);
  if (known !== undefined) return known;
  const byField = new Map<string, Metadata[]>();
  for (const metadata of getMetadataStorage().getTargetValidationMetadatas(type, '', false, false)) {
    const list = byField.get(metadata.propertyName) ?? [];
    list.push(metadata);
    byField.set(metadata.propertyName, list);
  }
  const plan = [...byField].map(([name, metadatas]) => planField(name, metadatas));
  plans.set(type, plan);
  return plan;
}

function planField(name: string, metadatas: readonly Metadata[]): FieldPlan {
  const nested = metadatas.find((metadata) => metadata.type === 'nestedValidation');
  return {
    name,
    optional: metadatas.some((metadata) => metadata.type === 'conditionalValidation'),
    freeForm: metadatas.some((metadata) => metadata.name === 'isFreeForm'),
    nested: contextOf(nested)?.nested as (() => MessageClass<object>) | undefined,
    nestedList: nested?.each === true,
    nestedMessage: typeof nested?.message === 'string' ? nested.message : '$property must be an object',
    checks: metadatas.filter((metadata) => metadata.type === 'customValidation' && metadata.name !== 'field').flatMap(planChecks),
  };
}

function planChecks(metadata: Metadata): FieldCheck[] {
  return getMetadataStorage()
    .getTargetValidatorConstraints(metadata.constraintCls)
    .map(({ instance }) => ({
      each: metadata.each,
      accepts: (value, args) => instance.validate(value, args) === true,
      explain: (args) => explain(metadata, instance, args),
      constraints: metadata.constraints ?? [],
    }));
}

function explain(metadata: Metadata, instance: ValidatorConstraintInterface, args: ValidationArguments): string {
  if (typeof metadata.message === 'function') return metadata.message(args);
  return metadata.message ?? instance.defaultMessage?.(args) ?? '$property is not valid';
}

/** What the message classes say of a field beside its constraints. */
export function contextOf(metadata: { context?: unknown } | undefined): FieldContext | undefined {
  return metadata?.context as FieldContext | undefined;
}
