import { existsSync } from 'node:fs';
import { join } from 'node:path';
import js from '@eslint/js';
import nx from '@nx/eslint-plugin';
import globals from 'globals';
import prettier from 'eslint-config-prettier';
import tseslint from 'typescript-eslint';

/** Which tag may import which: the direction of the house, see docs/adr. */
export const depConstraints = [
  { sourceTag: 'lib:contracts', onlyDependOnLibsWithTags: [] },
  // In specs only (see jetstreamKnowsNoCouncils): the launcher of a real nats-server. Therefore lib:testing may not import lib:jetstream.
  { sourceTag: 'lib:jetstream', onlyDependOnLibsWithTags: ['lib:testing'] },
  { sourceTag: 'lib:runtime', onlyDependOnLibsWithTags: [] },
  { sourceTag: 'lib:testing', onlyDependOnLibsWithTags: ['lib:contracts'] },
  { sourceTag: 'scope:coordinator', onlyDependOnLibsWithTags: ['lib:contracts', 'lib:jetstream', 'lib:runtime', 'lib:testing'] },
  { sourceTag: 'scope:agent', onlyDependOnLibsWithTags: ['lib:contracts', 'lib:jetstream', 'lib:runtime', 'lib:testing'] },
  { sourceTag: 'scope:e2e', onlyDependOnLibsWithTags: ['type:lib'] },
];

const natsOnlyInJetstream = {
  group: ['@nats-io/*', 'nats'],
  message: 'Only libs/jetstream touches the NATS client: import from @whoosh/jetstream, or add there what is missing.',
};
const testingOnlyInTests = {
  group: ['@whoosh/testing'],
  message: 'libs/testing is for tests and tools only.',
};
const contractsStaysPure = {
  group: ['node:*', '@nestjs/*', 'rxjs', '@whoosh/*'],
  message: 'libs/council-contracts imports class-validator and class-transformer only.',
};
const jetstreamKnowsNoCouncils = {
  group: ['@whoosh/*'],
  message: 'libs/jetstream knows nothing of councils: pass what it needs as data.',
};

// tsconfig.spec.json covers sources and specs. Nx lints one project at a time, so only that one's program is built; an editor gets all.
const ownProject = join(process.cwd(), 'tsconfig.spec.json');
const typedPrograms = existsSync(ownProject) ? [ownProject] : ['libs/*/tsconfig.spec.json', 'apps/*/tsconfig.spec.json'];

const tests = ['**/*.spec.ts', '**/testing/**', 'apps/council-e2e/**'];

export default tseslint.config(
  {
    ignores: [
      '**/dist/**',
      'apps/*/bundle/**',
      '**/coverage/**',
      '**/node_modules/**',
      '.nx/**',
      '.whoosh/**',
      '.test-results/**',
      'bench-results/**',
    ],
  },
  js.configs.recommended,
  ...tseslint.configs.recommended,
  {
    languageOptions: { globals: { ...globals.node } },
    plugins: { '@nx': nx },
    rules: { '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }] },
  },
  {
    files: ['**/*.ts'],
    languageOptions: { parserOptions: { project: typedPrograms, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@nx/enforce-module-boundaries': ['error', { allow: [], enforceBuildableLibDependency: true, depConstraints }],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { arguments: false } }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      'no-restricted-imports': 'off',
      '@typescript-eslint/no-restricted-imports': ['error', { patterns: [natsOnlyInJetstream, testingOnlyInTests] }],
      'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
    },
  },
  {
    files: ['libs/jetstream/**/*.ts'],
    rules: { '@typescript-eslint/no-restricted-imports': ['error', { patterns: [jetstreamKnowsNoCouncils] }] },
  },
  {
    files: ['libs/council-contracts/src/**/*.ts'],
    ignores: ['**/*.spec.ts'],
    rules: { '@typescript-eslint/no-restricted-imports': ['error', { patterns: [natsOnlyInJetstream, contractsStaysPure] }] },
  },
  {
    files: tests,
    rules: { '@typescript-eslint/no-restricted-imports': ['error', { patterns: [natsOnlyInJetstream] }] },
  },
  {
    files: ['libs/jetstream/**/*.spec.ts', 'libs/jetstream/**/*.fixture.ts'],
    rules: { '@typescript-eslint/no-restricted-imports': 'off' },
  },
  prettier,
);
