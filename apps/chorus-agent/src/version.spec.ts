import { readFileSync } from 'node:fs';
import { AGENT_VERSION } from './version.js';

describe('the version that presence tells', () => {
  it('is that of the package', () => {
    const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
    expect(manifest).toMatchObject({ version: AGENT_VERSION });
  });
});
