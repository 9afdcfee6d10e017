import { type ValidationArguments, ValidatorConstraint, type ValidatorConstraintInterface } from 'class-validator';

function namesOf(list: unknown): string[] {
  return Array.isArray(list)
    ? list.flatMap((role: { role_name?: unknown } | null) => (typeof role?.role_name === 'string' ? [role.role_name.toLowerCase()] : []))
    : [];
}

function repeated(args: ValidationArguments): string[] {
  const body = args.object as { core_roles?: unknown; optional_roles?: unknown };
  const names = [...namesOf(body.core_roles), ...namesOf(body.optional_roles)];
  return [...new Set(names.filter((name, index) => names.indexOf(name) !== index))];
}

/** A role name stands once, over core and optional roles together; agents do not mind case. */
@ValidatorConstraint({ name: 'uniqueRoleNames' })
export class UniqueRoleNames implements ValidatorConstraintInterface {
  validate(_value: unknown, args: ValidationArguments): boolean {
    return repeated(args).length === 0;
  }

  defaultMessage(args: ValidationArguments): string {
    return `role names must be unique over core_roles and optional_roles; repeated: ${repeated(args).join(', ')}`;
  }
}

const MAX_ENTRIES = 64;
const MAX_KEY = 128;
const MAX_VALUE = 4_000;

/** A small map of strings. */
@ValidatorConstraint({ name: 'flatStringMap' })
export class FlatStringMap implements ValidatorConstraintInterface {
  validate(value: unknown): boolean {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
    const entries = Object.entries(value);
    return (
      entries.length <= MAX_ENTRIES &&
      entries.every(([key, text]) => key.length > 0 && key.length <= MAX_KEY && typeof text === 'string' && text.length <= MAX_VALUE)
    );
  }

  defaultMessage(args: ValidationArguments): string {
    return `${args.property} must hold at most ${MAX_ENTRIES} strings of at most ${MAX_VALUE} characters, under keys of at most ${MAX_KEY}`;
  }
}
