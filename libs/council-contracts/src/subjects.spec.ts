import fc from 'fast-check';
import {
  claimSubject,
  councilClaimsSubject,
  deadLetterSubject,
  DEAD_LETTER_WILDCARD,
  formingSubject,
  offerSubject,
  parseSubject,
  statusSubject,
  SUBJECTS,
  type SubjectPattern,
} from './subjects.js';
import { InvalidTokenError } from './errors.js';
import { isToken, TOKEN } from './token.js';

const token = () => fc.stringMatching(TOKEN);
const notAToken = () => fc.string({ unit: 'binary', maxLength: 70 }).filter((text) => !isToken(text));

/** The values of the wildcards when a subject matches a pattern, as a broker matches them. */
function match({ pattern }: SubjectPattern, subject: string): string[] | undefined {
  const expected = pattern.split('.');
  const actual = subject.split('.');
  if (expected.length !== actual.length || expected.some((part, i) => part !== '*' && part !== actual[i])) return undefined;
  return actual.filter((_, i) => expected[i] === '*');
}

describe('subjects', () => {
  it('are spelled as existing services and runbooks spell them', () => {
    expect(formingSubject).toBe('chorus.councils.forming');
    expect(SUBJECTS.formingPerCouncil.pattern).toBe('chorus.councils.*.forming');
    expect(SUBJECTS.status.pattern).toBe('chorus.councils.*.status');
    expect(SUBJECTS.claims.pattern).toBe('chorus.councils.*.claims.*');
    expect(SUBJECTS.offer.pattern).toBe('chorus.agents.*.offer');
    expect(SUBJECTS.deadLetter.pattern).toBe('chorus.dlq.*');
    expect(DEAD_LETTER_WILDCARD).toBe('chorus.dlq.>');
  });

  it('name each of their wildcards, in order', () => {
    for (const { pattern, parameters } of Object.values(SUBJECTS)) {
      expect(pattern.split('.').filter((part) => part === '*')).toHaveLength(parameters.length);
    }
    expect(SUBJECTS.claims.parameters).toEqual(['councilId', 'agentId']);
  });

  it('say after parsing what they were built from', () => {
    fc.assert(
      fc.property(token(), token(), (a, b) => {
        expect(parseSubject(statusSubject(a))).toEqual({ kind: 'status', councilId: a });
        expect(parseSubject(claimSubject(a, b))).toEqual({ kind: 'claim', councilId: a, agentId: b });
        expect(parseSubject(offerSubject(a))).toEqual({ kind: 'offer', agentId: a });
        expect(parseSubject(deadLetterSubject(a))).toEqual({ kind: 'dead-letter', source: a });
      }),
    );
  });

  it('match the pattern that is subscribed to, with the ids as its wildcards', () => {
    fc.assert(
      fc.property(token(), token(), (a, b) => {
        expect(match(SUBJECTS.status, statusSubject(a))).toEqual([a]);
        expect(match(SUBJECTS.claims, claimSubject(a, b))).toEqual([a, b]);
        expect(match({ pattern: councilClaimsSubject(a), parameters: ['agentId'] }, claimSubject(a, b))).toEqual([b]);
        expect(match(SUBJECTS.offer, offerSubject(a))).toEqual([a]);
        expect(match(SUBJECTS.deadLetter, deadLetterSubject(a))).toEqual([a]);
      }),
    );
  });

  it('are understood in both forms of an opportunity', () => {
    expect(parseSubject('chorus.councils.forming')).toEqual({ kind: 'forming' });
    expect(parseSubject('chorus.councils.council-1.forming')).toEqual({ kind: 'forming', councilId: 'council-1' });
  });

  it('cannot be built from an id that is no token, so that no id becomes a wildcard', () => {
    fc.assert(
      fc.property(notAToken(), (id) => {
        expect(() => statusSubject(id)).toThrow(InvalidTokenError);
        expect(() => claimSubject('council-1', id)).toThrow(InvalidTokenError);
        expect(() => offerSubject(id)).toThrow(InvalidTokenError);
        expect(() => deadLetterSubject(id)).toThrow(InvalidTokenError);
      }),
    );
  });

  it.each(['*', '>', 'a.b', 'a b', '', 'a\n', 'ä', 'a'.repeat(65)])('refuse the id %j and say which id it was', (id) => {
    expect(() => claimSubject(id, 'agent-1')).toThrow(expect.objectContaining({ code: 'invalid_token', what: 'councilId', value: id }));
  });

  it.each([
    'chorus.councils',
    'chorus.councils.council-1',
    'chorus.councils.*.status',
    'chorus.councils.council-1.status.more',
    'chorus.councils.council-1.claims',
    'chorus.agents.agent-1',
    'chorus.agents.agent-1.offer.more',
    'chorus.dlq',
    'chorus.dlq.a.b',
    'other.councils.forming',
    'chorus.councils..forming',
    '',
  ])('are unknown when nobody of ours publishes there: %j', (subject) => {
    expect(parseSubject(subject)).toBeUndefined();
  });
});
