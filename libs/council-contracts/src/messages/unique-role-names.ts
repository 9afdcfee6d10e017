import { ValidateBy, type ValidationArguments } from 'class-validator';

/**
 * No two roles of one council have the same name.
 * @param also another list of the same message whose names count as taken
 */
export function UniqueRoleNames(also?: string): PropertyDecorator {
  return ValidateBy({
    name: 'uniqueRoleNames',
    validator: {
      validate: (value, args) => repeatedNames(value, args, also).length === 0,
      defaultMessage: (args) => `$property must not repeat a role name (${repeatedNames(args?.value, args, also).join(', ')})`,
    },
  });
}

function repeatedNames(value: unknown, args: ValidationArguments | undefined, also: string | undefined): string[] {
  const taken = new Set<string>(also === undefined || args === undefined ? [] : namesOf(Reflect.get(args.object, also)));
  const repeated = new Set<string>();
  for (const name of namesOf(value)) {
    if (taken.has(name)) repeated.add(name);
    taken.add(name);
  }
  return [...repeated];
}

/** Names in whatever was received; entries that are no roles are reported elsewhere. */
function namesOf(roles: unknown): string[] {
  if (!Array.isArray(roles)) return [];
  return roles
    .map((role: unknown) => (typeof role === 'object' && role !== null ? Reflect.get(role, 'role_name') : undefined))
    .filter(isText);
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}
