import { existsSync, readFileSync } from 'node:fs';

const { $schema: _schema, module: _module, ...swc } = JSON.parse(readFileSync(new URL('./.swcrc', import.meta.url), 'utf8'));

/**
 * One jest project of the workspace.
 * @param {string} displayName the Nx project, shown before each result
 * @param {'unit' | 'int' | 'e2e'} kind `x.spec.ts` does no I/O, `x.int.spec.ts` needs nats-server, `x.e2e.spec.ts` containers
 * @returns {import('jest').Config}
 */
export function jestProject(displayName, kind = 'unit') {
  const suffix = kind === 'unit' ? '*.spec.ts' : `*.${kind}.spec.ts`;
  return {
    displayName: kind === 'unit' ? displayName : `${displayName} ${kind}`,
    testEnvironment: 'node',
    testMatch: [`<rootDir>/src/**/${suffix}`],
    testPathIgnorePatterns: kind === 'unit' ? ['\\.(int|e2e)\\.spec\\.ts$'] : [],
    extensionsToTreatAsEsm: ['.ts'],
    // No "module" in the swc options: @swc/jest then picks es6 or commonjs per file, from what jest can load.
    transform: { '^.+\\.[tj]s$': ['@swc/jest', swc] },
    // CommonJS packages that require() an ESM-only package: jest can do that only on Node >= 24.9, so those few are compiled.
    transformIgnorePatterns: ['/node_modules/\\.pnpm/(?!(cookie|content-disposition)@)'],
    moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
    // Decorators need it; a project without decorators does not have it.
    setupFiles: existsSync('node_modules/reflect-metadata') ? ['reflect-metadata'] : [],
    testTimeout: kind === 'unit' ? 10_000 : kind === 'int' ? 60_000 : 300_000,
    maxWorkers: kind === 'unit' ? 2 : 1,
  };
}
