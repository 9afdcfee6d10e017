import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common';
import { InvalidHeaderError, InvalidTokenError, MalformedMessageError } from '@whoosh/council-contracts';
import {
  HttpProblemError,
  type Logger,
  problem,
  PROBLEM_CONTENT_TYPE,
  type ProblemDetails,
  type ProblemInput,
} from '@whoosh/service-runtime';
import type { FastifyReply, FastifyRequest } from 'fastify';
import {
  BrokerUnavailableError,
  CouncilNotFoundError,
  IdempotencyConflictError,
  IllegalTransitionError,
  UnusableDeadlineError,
} from '../councils/council.errors.js';
import { brokerFault } from './broker-fault.js';

/** Makes every error an RFC 9457 problem. Errors of the domain know no HTTP; here they get their status. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly logger: Logger) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    const body = problemOf(error);
    if (body.status >= 500 && body.status !== 503) this.logger.error({ error, path: request.url }, 'Request failed');
    answerProblem(reply, body, request.url);
  }
}

/** Answers with a problem, unless the answer has begun. */
export function answerProblem(reply: Pick<FastifyReply, 'raw' | 'header' | 'status'>, body: ProblemDetails, instance: string): void {
  if (reply.raw.headersSent) return;
  if (body.status === 503) void reply.header('retry-after', '1');
  void reply.header('content-type', PROBLEM_CONTENT_TYPE);
  void reply.status(body.status).send(JSON.stringify({ ...body, instance }));
}

/** The problem that an error is, without the request's path. */
export function problemOf(error: unknown): ProblemDetails {
  if (error instanceof HttpProblemError) return error.problem;
  return problem(inputOf(error));
}

function inputOf(error: unknown): ProblemInput {
  if (error instanceof CouncilNotFoundError) return { status: 404, code: error.code, detail: error.message };
  if (error instanceof IdempotencyConflictError || error instanceof IllegalTransitionError) {
    return { status: 409, code: error.code, detail: error.message };
  }
  if (error instanceof UnusableDeadlineError) {
    return { status: 400, code: error.code, detail: error.message, errors: [{ path: 'formation_deadline', message: error.fault }] };
  }
  if (error instanceof MalformedMessageError) return { status: 400, code: error.code, detail: error.message, errors: error.violations };
  if (error instanceof InvalidTokenError || error instanceof InvalidHeaderError)
    return { status: 400, code: error.code, detail: error.message };
  if (error instanceof BrokerUnavailableError) return { status: 503, code: error.code, detail: error.message };
  const fault = brokerFault(error);
  if (fault !== undefined) return fault;
  return frameworkError(error) ?? { status: 500, code: 'internal_error', detail: 'The coordinator failed; its log says why.' };
}

/** Errors of Nest and of Fastify: routes that are not there, bodies that are too large or no JSON. */
function frameworkError(error: unknown): ProblemInput | undefined {
  const status = error instanceof HttpException ? error.getStatus() : statusCodeOf(error);
  if (status === undefined) return undefined;
  const detail = error instanceof Error ? error.message : undefined;
  const code = status === 404 ? 'not_found' : status === 413 ? 'body_too_large' : status === 415 ? 'unsupported_media_type' : 'bad_request';
  if (status === 413) return { status, code, detail: `The body may have at most ${MAX_BODY_BYTES} bytes.` };
  if (status === 400 && error instanceof Error && /json/i.test(error.message)) {
    return { status, code: 'malformed_json', detail: `The body is no JSON: ${error.message}` };
  }
  if (status >= 500) return undefined;
  return { status, code, ...(detail === undefined ? {} : { detail }) };
}

function statusCodeOf(error: unknown): number | undefined {
  const status = typeof error === 'object' && error !== null && 'statusCode' in error ? error.statusCode : undefined;
  return typeof status === 'number' && status >= 400 && status < 500 ? status : undefined;
}

/** The largest request body, in bytes: a quarter of what the broker stores, because the document also holds bids and events. */
export const MAX_BODY_BYTES = 256 * 1024;
