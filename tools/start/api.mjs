// The coordinator's HTTP interface, as far as `npm start` uses it.

/**
 * @param {string} url
 * @param {{ method?: string, body?: unknown }} [options]
 * @returns {Promise<{ status: number, body: any }>} a body that is no JSON comes as text; `status` 0 when nobody answers
 */
export async function ask(url, { method = 'GET', body } = {}) {
  const init = body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
  try {
    const reply = await fetch(url, { method, ...init, signal: AbortSignal.timeout(10_000) });
    const text = await reply.text();
    return { status: reply.status, body: /json/.test(reply.headers.get('content-type') ?? '') ? JSON.parse(text) : text };
  } catch (error) {
    return { status: 0, body: error instanceof Error ? error.message : String(error) };
  }
}
