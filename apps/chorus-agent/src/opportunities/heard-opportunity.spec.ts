import { encode, MalformedMessageError } from '@whoosh/council-contracts';
import { anOpportunityFor } from '../testing/fixtures.js';
import { hearOpportunity } from './heard-opportunity.js';

describe('what comes on a subject of opportunities', () => {
  it('is an opportunity, also one of a later minor version with fields that are not known yet', () => {
    const bytes = encode({ ...anOpportunityFor('c1'), schema_version: '1.7', colour: 'blue' });
    expect(hearOpportunity(bytes)).toMatchObject({ understood: { council_id: 'c1' } });
  });

  it('is not understood when its major version is another, and says which council it is about', () => {
    const bytes = encode({ schema_version: '2.0', council_id: 'c1', attempt: 3, formation_deadline: '2026-01-01T10:00:00.000Z' });
    expect(hearOpportunity(bytes)).toEqual({
      notUnderstood: { councilId: 'c1', attempt: 3, schemaVersion: '2.0', formationDeadline: '2026-01-01T10:00:00.000Z' },
    });
  });

  it.each([
    ['no JSON', 'not json'],
    ['a number', '7'],
    ['an opportunity without roles', JSON.stringify({ ...anOpportunityFor('c1'), core_roles: [] })],
    ['of another major version, about no readable council', JSON.stringify({ schema_version: '2.0', council_id: 'not a token' })],
    ['of a version that is none', JSON.stringify({ schema_version: 'new', council_id: 'c1' })],
  ])('is malformed when it is %s', (_what, text) => {
    expect(() => hearOpportunity(new TextEncoder().encode(text))).toThrow(MalformedMessageError);
  });
});
