import { apply, aFormingCouncil, at, T0 } from '../testing/fixtures.js';
import { opportunityOf } from './opportunity.js';

describe('an opportunity', () => {
  it('carries the deadline of the council', () => {
    expect(opportunityOf(aFormingCouncil(['tpm'])).formation_deadline).toBe(at(T0 + 60_000));
  });

  it('can still be answered when a role reopens long after the deadline', () => {
    const reopened = apply(
      aFormingCouncil(['tpm']),
      [{ type: 'announcement_decided', attempt: 2, reason: 'reopen', open_roles: ['tpm'] }],
      T0 + 3_600_000,
    );
    expect(opportunityOf(reopened)).toMatchObject({ attempt: 2, open_roles: ['tpm'], formation_deadline: at(T0 + 3_660_000) });
  });

  it('is the same message for the same document', () => {
    const council = aFormingCouncil(['tpm'], ['docs']);
    expect(opportunityOf(council)).toEqual(opportunityOf(council));
  });
});
