import type { ValidationArguments } from 'class-validator';
import { describeValue } from './describe-value.js';
import { MalformedMessageError, type Violation } from './errors.js';
import { planOf, type FieldCheck, type FieldPlan } from './message-plan.js';
import { copyFreeForm } from './messages/free-form.js';
import type { MessageClass } from './messages/message-class.js';

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

/**
 * A message as it goes over the wire.
 * @param message an instance of a message class, or an object of the same shape
 * @returns UTF-8 JSON; fields that are undefined are left out
 */
export function encode(message: object): Uint8Array {
  return encoder.encode(JSON.stringify(message));
}

/**
 * A received message.
 * @param type the class that the subject announces
 * @param bytes the payload, trusted or not
 * @returns a valid instance with its defaults filled in; fields that the class does not know are left out
 * @throws MalformedMessageError with every violation, when the bytes are no valid message of the type
 */
export function decode<T extends object>(type: MessageClass<T>, bytes: Uint8Array): T {
  return validate(type, parse(type, bytes));
}

/**
 * A message from an object, for example the parsed body of an HTTP request.
 * @param type the class that is expected
 * @param value anything, trusted or not; it is copied, never kept
 * @returns a valid instance with its defaults filled in; null counts as absent, as Go services write it
 * @throws MalformedMessageError with every violation, when the value is no valid message of the type
 */
export function validate<T extends object>(type: MessageClass<T>, value: unknown): T {
  const violations: Violation[] = [];
  const message = isPlainObject(value) ? build(type, value, '', violations) : undefined;
  if (message === undefined) violations.push({ path: '', message: `the message must be a JSON object, but is ${describeValue(value)}` });
  if (message === undefined || violations.length > 0) throw new MalformedMessageError(type.schemaName, violations);
  return message;
}

function parse(type: MessageClass<object>, bytes: Uint8Array): unknown {
  let text: string;
  try {
    text = decoder.decode(bytes);
  } catch (cause) {
    throw new MalformedMessageError(type.schemaName, [{ path: '', message: 'the message must be UTF-8 text' }], { cause });
  }
  if (text.trim() === '')
    throw new MalformedMessageError(type.schemaName, [{ path: '', message: 'the message must be JSON, but is empty' }]);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new MalformedMessageError(type.schemaName, [{ path: '', message: `the message must be JSON: ${parserSays(cause)}` }], { cause });
  }
}

/** What the parser says, without the piece of the payload that it quotes. */
function parserSays(error: unknown): string {
  return error instanceof Error ? error.message.replace(/, (\.\.\.)?".*$/s, '') : 'it cannot be parsed';
}

/** Copies the fields that the class knows, checks them, and builds what is nested in them. */
function build<T extends object>(type: MessageClass<T>, source: Record<string, unknown>, path: string, violations: Violation[]): T {
  const plan = planOf(type as MessageClass<object>);
  const message = new type();
  const fields = message as Record<string, unknown>;
  const before = violations.length;
  for (const field of plan) {
    const value = source[field.name];
    if (value !== undefined && value !== null) fields[field.name] = value;
  }
  for (const field of plan) {
    const value = fields[field.name];
    if (value === undefined && field.optional) continue;
    if (checkField(field, message, value, path, violations)) fields[field.name] = buildField(field, value, path + field.name, violations);
  }
  if (violations.length === before) type.complete?.(message);
  return message;
}

/**
 * Runs the checks of a field. The first failing one of a value speaks for it: what is no text needs no remark on its length.
 * @returns whether the value has its shape, so that what is inside can be looked at
 */
function checkField(field: FieldPlan, message: object, value: unknown, path: string, violations: Violation[]): boolean {
  const args: ValidationArguments = { value, object: message, property: field.name, targetName: message.constructor.name, constraints: [] };
  let faultyEntries: Set<number> | undefined;
  for (const check of field.checks) {
    args.constraints = check.constraints;
    if (check.each) {
      faultyEntries = checkEntries(check, args, path + field.name, faultyEntries, violations);
    } else if (!check.accepts(value, args)) {
      violations.push(violation(check, args, path + field.name, value));
      return !check.decidesShape && value !== undefined;
    }
  }
  return true;
}

function checkEntries(
  check: FieldCheck,
  args: ValidationArguments,
  path: string,
  faulty: Set<number> | undefined,
  violations: Violation[],
): Set<number> | undefined {
  const entries = args.value as readonly unknown[];
  let found = faulty;
  for (let index = 0; index < entries.length; index++) {
    if (check.accepts(entries[index], args) || found?.has(index) === true) continue;
    (found ??= new Set()).add(index);
    violations.push(violation(check, args, `${path}[${index}]`, entries[index]));
  }
  return found;
}

function buildField(field: FieldPlan, value: unknown, path: string, violations: Violation[]): unknown {
  if (field.freeForm) return copyFreeForm(value);
  if (field.nested === undefined) return Array.isArray(value) ? [...value] : value;
  const type = field.nested();
  if (!field.nestedList) return buildNested(type, value, path, violations);
  const entries = value as readonly unknown[];
  return entries.map((entry, index) => buildNested(type, entry, `${path}[${index}]`, violations));
}

/** What is no object has its violation already. */
function buildNested(type: MessageClass<object>, value: unknown, path: string, violations: Violation[]): unknown {
  return isPlainObject(value) ? build(type, value, `${path}.`, violations) : value;
}

function violation(check: FieldCheck, args: ValidationArguments, path: string, value: unknown): Violation {
  return { path, message: `${check.explain(args)}, but is ${describeValue(value)}` };
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
