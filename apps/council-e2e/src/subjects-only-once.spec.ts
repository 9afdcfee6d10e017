import { readdirSync, readFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import ts from 'typescript';
import { ROOT } from './testing/command.js';

/** Where a subject of the protocol may be spelled. */
const SUBJECTS_FILE = 'libs/council-contracts/src/subjects.ts';
const SUBJECT = /(^|[^A-Za-z0-9_-])chorus\.(?!\s)/;

/** Sources that ship: specs, and what only specs use, may spell a subject to hold the spelling against. */
function sources(): string[] {
  const projects = ['libs', 'apps'].flatMap((kind) => readdirSync(join(ROOT, kind)).map((name) => join(ROOT, kind, name, 'src')));
  const files = projects.flatMap((folder) => readdirSync(folder, { recursive: true }).map((file) => join(folder, String(file))));
  return files
    .map((file) => relative(ROOT, file))
    .filter((file) => file.endsWith('.ts') && !/\.(spec|fixture)\.ts$/.test(file) && !file.includes('/testing/'))
    .sort();
}

/**
 * The texts of a source in which a subject is spelled. Comments do not count: they explain, and nothing is routed by them.
 * @param source TypeScript
 */
function spelledSubjects(file: string, source: string): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    const isText = ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddle(node) || ts.isTemplateTail(node);
    if (isText && SUBJECT.test(node.text)) found.push(node.text);
    if (ts.isRegularExpressionLiteral(node) && /chorus\\?\./.test(node.text)) found.push(node.text);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(basename(file), source, ts.ScriptTarget.Latest));
  return found;
}

describe('a subject', () => {
  it('is spelled in subjects.ts and in no other source that ships', () => {
    const spelled = sources().filter((file) => spelledSubjects(file, readFileSync(join(ROOT, file), 'utf8')).length > 0);
    expect(spelled).toEqual([SUBJECTS_FILE]);
  });

  it('is found in every form of text, and not in comments', () => {
    const source = [
      '// chorus.councils.forming',
      '/** `chorus.councils.*.status` */',
      "const a = 'chorus.councils.forming';",
      'const b = `chorus.councils.${id}.status`;',
      'const c = `${root}chorus.dlq.>`;',
      'const d = /^chorus\\.agents\\./;',
      "const e = 'chorus_agents', f = 'the chorus. Sings', g = 'chorus-agent';",
    ].join('\n');
    expect(spelledSubjects('x.ts', source)).toHaveLength(4);
  });
});
