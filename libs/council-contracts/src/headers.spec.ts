import { InvalidHeaderError } from './errors.js';
import { exampleOf } from './examples.js';
import { assertHeaderValue, opportunityHeaders, statusHeaders, traceHeaders } from './headers.js';
import { CouncilOpportunity } from './messages/council-opportunity.message.js';
import { CouncilStatusUpdate } from './messages/council-status-update.message.js';

const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

describe('headers', () => {
  it('of an opportunity are the five that existing agents read, with milliseconds', () => {
    const headers = opportunityHeaders(exampleOf(CouncilOpportunity), new Date('2026-03-02T09:00:00.007Z'));
    expect(headers).toEqual({
      'Council-ID': '5d3f0a52-6c0e-4c7e-9d0b-0f6a7f1f2c11',
      Project: 'Payments API',
      Repository: 'https://git.example.org/acme/payments',
      'UCXL-Address': 'ucxl://any:any@acme:payments/council',
      'Published-At': '2026-03-02T09:00:00.007Z',
    });
  });

  it('of a change of status are the council and the status', () => {
    const headers = statusHeaders(exampleOf(CouncilStatusUpdate));
    expect(headers).toEqual({ 'Council-ID': '5d3f0a52-6c0e-4c7e-9d0b-0f6a7f1f2c11', Status: 'active' });
  });

  it('carry the trace when there is one', () => {
    expect(statusHeaders(exampleOf(CouncilStatusUpdate), TRACE)).toMatchObject({ traceparent: TRACE });
    expect(opportunityHeaders(exampleOf(CouncilOpportunity), new Date(), TRACE)).toMatchObject({ traceparent: TRACE });
    expect(traceHeaders(TRACE)).toEqual({ traceparent: TRACE });
    expect(traceHeaders()).toEqual({});
  });

  it.each(['\r', '\n', '\r\nNats-Msg-Id: forged', '\0'])('refuse a value with %j and name the header', (text) => {
    const opportunity = Object.assign(exampleOf(CouncilOpportunity), { project_name: `Payments${text}` });
    const refused = () => opportunityHeaders(opportunity, new Date());
    expect(refused).toThrow(InvalidHeaderError);
    expect(refused).toThrow(expect.objectContaining({ code: 'invalid_header', header: 'Project' }));
  });

  it('take any other value as it is', () => {
    expect(assertHeaderValue('Project', 'Zahlungen für Köln 💶')).toBe('Zahlungen für Köln 💶');
  });
});
