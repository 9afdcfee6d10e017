import { ValidationPipe, type ValidationError } from '@nestjs/common';
import { HttpProblemError, type ProblemViolation } from '@whoosh/service-runtime';

/** Refuses a body or query with every violation named, unknown fields among them. */
export function requestValidation(): ValidationPipe {
  return new ValidationPipe({
    transform: true,
    whitelist: true,
    forbidNonWhitelisted: true,
    stopAtFirstError: false,
    validationError: { target: false, value: true },
    exceptionFactory: (errors) => {
      const violations = errors.flatMap((error) => violationsOf(error, ''));
      const named = violations.map(({ path, message }) => `${path}: ${message}`).join('; ');
      return new HttpProblemError({
        status: 400,
        code: 'invalid_request',
        detail: `${violations.length} violation${violations.length === 1 ? '' : 's'}: ${named}`,
        errors: violations,
      });
    },
  });
}

function violationsOf(error: ValidationError, parent: string): ProblemViolation[] {
  const path = /^\d+$/.test(error.property)
    ? `${parent}[${error.property}]`
    : parent === ''
      ? error.property
      : `${parent}.${error.property}`;
  const missing = error.value === undefined && error.constraints !== undefined && !('whitelistValidation' in error.constraints);
  if (missing) return [{ path, message: 'is missing' }];
  const own = Object.values(error.constraints ?? {}).map((message) => ({ path, message: wording(message, error.property) }));
  return [...own, ...(error.children ?? []).flatMap((child) => violationsOf(child, path))];
}

function wording(message: string, property: string): string {
  if (message === `property ${property} should not exist`) return 'unknown field; remove it';
  if (/must be either object or array|nested property/.test(message)) return 'must be a role name or a role object';
  return message.startsWith(`${property} `) ? message.slice(property.length + 1) : message;
}
