import { InvalidHeaderError } from './errors.js';
import type { CouncilOpportunity } from './messages/council-opportunity.message.js';
import type { CouncilStatusUpdate } from './messages/council-status-update.message.js';

/**
 * The names of the headers, spelled as existing services read them.
 * @source protocol.md, "Headers"
 */
export const HEADER = {
  councilId: 'Council-ID',
  project: 'Project',
  repository: 'Repository',
  ucxlAddress: 'UCXL-Address',
  publishedAt: 'Published-At',
  status: 'Status',
  messageId: 'Nats-Msg-Id',
  traceparent: 'traceparent',
} as const;

const REFUSED = [
  ['\r', 'a carriage return'],
  ['\n', 'a line feed'],
  ['\0', 'a NUL'],
] as const;

/**
 * Gives the value back when a header can carry it.
 * @param name the header, for the error
 * @param value the text to carry
 * @throws InvalidHeaderError when the value has a CR, LF or NUL in it: they would end the header early
 */
export function assertHeaderValue(name: string, value: string): string {
  for (const [character, called] of REFUSED) {
    if (value.includes(character)) throw new InvalidHeaderError(name, `has ${called} in its value`);
  }
  return value;
}

/**
 * The headers of an opportunity.
 * @param opportunity what is published
 * @param publishedAt when, to the millisecond: whole seconds cannot measure a broadcast
 * @param traceparent the trace that it belongs to, if any
 * @returns header name → value
 * @throws InvalidHeaderError when a field has a CR, LF or NUL in it
 */
export function opportunityHeaders(opportunity: CouncilOpportunity, publishedAt: Date, traceparent?: string): Record<string, string> {
  return checked({
    [HEADER.councilId]: opportunity.council_id,
    [HEADER.project]: opportunity.project_name,
    [HEADER.repository]: opportunity.repository,
    [HEADER.ucxlAddress]: opportunity.ucxl_address,
    [HEADER.publishedAt]: publishedAt.toISOString(),
    ...traceHeaders(traceparent),
  });
}

/**
 * The headers of a change of status.
 * @param update what is published
 * @param traceparent the trace that it belongs to, if any
 * @returns header name → value
 * @throws InvalidHeaderError when a field has a CR, LF or NUL in it
 */
export function statusHeaders(update: CouncilStatusUpdate, traceparent?: string): Record<string, string> {
  return checked({
    [HEADER.councilId]: update.council_id,
    [HEADER.status]: update.status,
    ...traceHeaders(traceparent),
  });
}

/**
 * The headers of any other message.
 * @param traceparent the trace that it belongs to, if any
 * @returns header name → value; empty without a trace
 * @throws InvalidHeaderError when the trace has a CR, LF or NUL in it
 */
export function traceHeaders(traceparent?: string): Record<string, string> {
  return traceparent === undefined ? {} : checked({ [HEADER.traceparent]: traceparent });
}

function checked(headers: Record<string, string>): Record<string, string> {
  for (const [name, value] of Object.entries(headers)) assertHeaderValue(name, value);
  return headers;
}
