/** What the tests of the API need of the contracts, and message ids that are new each time: these tests publish what nobody of ours would. */
export { claimSubject, encode, exampleOf, RoleClaim, STREAMS } from '@whoosh/council-contracts';

let published = 0;

export function messageIdOfTest(): string {
  published += 1;
  return `test-${process.pid}-${published}`;
}
