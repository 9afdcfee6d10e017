import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const document = readFileSync(`${root}docs/follow-one-council.md`, 'utf8');
const steps = [...document.matchAll(/^\|[^|]*\|([^|]*)\|\s*`([^`]+)`\s*\|\s*`([^`]+)`\s*\|$/gm)].map(
  ([, fact = '', file = '', name = '']) => ({
    fact: fact.trim(),
    file,
    name,
  }),
);

describe('docs/follow-one-council.md', () => {
  it('has a row for each step', () => {
    expect(steps.length).toBeGreaterThanOrEqual(21);
  });

  it.each(steps)('"$fact" stands in $file', ({ file, name }) => {
    expect(existsSync(root + file)).toBe(true);
    const declared = new RegExp(`(function|class|async|^  )\\s*${name}\\b\\s*[(<{ei]`, 'm');
    expect(readFileSync(root + file, 'utf8')).toMatch(declared);
  });
});
