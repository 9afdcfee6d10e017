/** The media type of {@link ProblemDetails}. @source RFC 9457 */
export const PROBLEM_CONTENT_TYPE = 'application/problem+json';

/** One thing that is wrong with a request. */
export interface ProblemViolation {
  /** Where, e.g. `core_roles[1].role_name`; empty for the whole body. */
  readonly path: string;
  readonly message: string;
}

/** An error as HTTP clients get it. @source RFC 9457 */
export interface ProblemDetails {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail?: string;
  readonly instance?: string;
  /** Stable, for programs. */
  readonly code: string;
  /** Every violation, not only the first. */
  readonly errors?: readonly ProblemViolation[];
  readonly [extension: string]: unknown;
}

/** What {@link problem} needs. */
export interface ProblemInput {
  /** 400 to 599. */
  readonly status: number;
  /** Stable snake_case word, e.g. `council_not_found`. */
  readonly code: string;
  /** What is wrong with this request, and what to do. */
  readonly detail?: string;
  /** The path of the request. */
  readonly instance?: string;
  readonly errors?: readonly ProblemViolation[];
  /** The same for each occurrence of the code; made from the code unless told. */
  readonly title?: string;
  readonly extensions?: Record<string, unknown>;
}

/**
 * An error body by RFC 9457.
 * @param input status, code and what is known
 * @returns a plain object; absent members are left out
 */
export function problem(input: ProblemInput): ProblemDetails {
  const { status, code, detail, instance, errors, title, extensions } = input;
  return {
    ...extensions,
    type: `urn:whoosh:problem:${code}`,
    title: title ?? sentence(code),
    status,
    ...(detail === undefined ? {} : { detail }),
    ...(instance === undefined ? {} : { instance }),
    code,
    ...(errors === undefined ? {} : { errors }),
  };
}

/** Thrown by a route to answer with a problem. */
export class HttpProblemError extends Error {
  override readonly name = 'HttpProblemError';
  readonly code: string;
  readonly problem: ProblemDetails;

  constructor(input: ProblemInput, options?: ErrorOptions) {
    super(input.detail ?? sentence(input.code), options);
    this.code = input.code;
    this.problem = problem(input);
  }
}

function sentence(code: string): string {
  const words = code.replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}
