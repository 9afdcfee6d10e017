import type { IncomingMessage } from 'node:http';
import { HttpProblemError } from './problem.js';

/**
 * The body of a request as JSON.
 * @param request not yet read
 * @param limitBytes larger bodies are refused; what follows is not kept in memory
 * @returns the parsed value; `undefined` when there is no body
 * @throws HttpProblemError 413 `body_too_large`, 415 `not_json`, 400 `malformed_json`
 */
export async function readJsonBody(request: IncomingMessage, limitBytes: number): Promise<unknown> {
  const announced = Number(request.headers['content-length'] ?? 0);
  if (announced > limitBytes) throw tooLarge(limitBytes, announced);
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > limitBytes) throw tooLarge(limitBytes, bytes);
    chunks.push(chunk);
  }
  if (bytes === 0) return undefined;
  const type = request.headers['content-type'] ?? 'application/json';
  if (!/^application\/([a-z0-9.+-]+\+)?json\b/i.test(type)) {
    throw new HttpProblemError({ status: 415, code: 'not_json', detail: `The body is ${type}; send application/json.` });
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new HttpProblemError({ status: 400, code: 'malformed_json', detail: `The body is no JSON: ${reason}.` }, { cause: error });
  }
}

function tooLarge(limit: number, actual: number): HttpProblemError {
  return new HttpProblemError({
    status: 413,
    code: 'body_too_large',
    detail: `The body has ${actual} bytes or more; at most ${limit} are accepted.`,
    extensions: { limit, actual },
  });
}
