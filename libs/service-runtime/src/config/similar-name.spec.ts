import { similarName } from './similar-name.js';

describe('similarName', () => {
  const known = ['WHOOSH_PORT', 'WHOOSH_LOG_LEVEL', 'NATS_URL'];

  it('finds the name with the fewest differing letters', () => {
    expect(similarName('WHOOSH_PROT', known)).toBe('WHOOSH_PORT');
    expect(similarName('WHOOSH_LOGLEVEL', known)).toBe('WHOOSH_LOG_LEVEL');
  });

  it('finds none when all names are far', () => {
    expect(similarName('CHORUS_X', known)).toBeUndefined();
    expect(similarName('WHOOSH_PORT', [])).toBeUndefined();
  });
});
