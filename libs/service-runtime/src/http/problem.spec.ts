import { HttpProblemError, problem } from './problem.js';

describe('problem', () => {
  it('has the members of RFC 9457, a stable code and every violation', () => {
    const errors = [{ path: 'core_roles', message: 'must not be empty' }];
    expect(
      problem({ status: 400, code: 'invalid_request', detail: 'Two fields are wrong.', instance: '/api/v1/councils', errors }),
    ).toEqual({
      type: 'urn:whoosh:problem:invalid_request',
      title: 'Invalid request',
      status: 400,
      detail: 'Two fields are wrong.',
      instance: '/api/v1/councils',
      code: 'invalid_request',
      errors,
    });
  });

  it('leaves out what is not known and lets no extension replace a member', () => {
    expect(problem({ status: 404, code: 'not_found', extensions: { status: 200, council_id: 'c-1' } })).toEqual({
      type: 'urn:whoosh:problem:not_found',
      title: 'Not found',
      status: 404,
      code: 'not_found',
      council_id: 'c-1',
    });
  });

  it('is carried by an error with the detail as its message', () => {
    const error = new HttpProblemError({ status: 409, code: 'conflict', detail: 'Read it again.' });
    expect(error.message).toBe('Read it again.');
    expect(error.problem.status).toBe(409);
  });
});
