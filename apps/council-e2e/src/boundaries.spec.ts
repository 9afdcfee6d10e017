import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ESLint } from 'eslint';
import tseslint from 'typescript-eslint';
import { ROOT, run } from './testing/command.js';

const NX = '@nx/enforce-module-boundaries';
const IMPORTS = '@typescript-eslint/no-restricted-imports';

/** The workspace's own configuration, without the rules that need types: the probed files are not on disk. */
const eslint = new ESLint({ cwd: ROOT, overrideConfig: [{ files: ['**/*.ts'], ...tseslint.configs.disableTypeChecked }] });

/** Without Nx's graph of the projects its rule looks at nothing. It is there whenever Nx has run. */
beforeAll(async () => {
  if (existsSync(join(ROOT, '.nx/workspace-data/project-graph.json'))) return;
  await run(join(ROOT, 'node_modules/.bin/nx'), ['show', 'projects']);
}, 60_000);

/** @returns the rules that refuse a file with this one import */
async function refusals(file: string, imported: string): Promise<string[]> {
  const text = `import { anything } from '${imported}';\nexport const used = anything;\n`;
  const [result] = await eslint.lintText(text, { filePath: `${ROOT}/${file}` });
  const messages = result?.messages ?? [];
  const failed = messages.find(({ ruleId }) => ruleId !== NX && ruleId !== IMPORTS);
  if (result === undefined || failed !== undefined) throw new Error(`the probe itself is not sound: ${failed?.message ?? 'it is ignored'}`);
  return messages.map(({ ruleId }) => ruleId ?? '');
}

describe('a forbidden import', () => {
  it.each([
    ['an application imports the other one', 'apps/whoosh-coordinator/src/probe.ts', '@whoosh/chorus-agent', NX],
    ['an application imports the other one', 'apps/chorus-agent/src/probe.ts', '@whoosh/whoosh-coordinator', NX],
    [
      'an application imports the other one by its path',
      'apps/chorus-agent/src/probe.ts',
      '../../whoosh-coordinator/src/coordinator.js',
      NX,
    ],
    ['a library imports an application', 'libs/service-runtime/src/probe.ts', '@whoosh/chorus-agent', NX],
    ['a test imports an application', 'apps/council-e2e/src/probe.spec.ts', '@whoosh/chorus-agent', NX],
    ['the contracts read files', 'libs/council-contracts/src/probe.ts', 'node:fs', IMPORTS],
    ['the contracts know the framework', 'libs/council-contracts/src/probe.ts', '@nestjs/common', IMPORTS],
    ['the contracts know another library', 'libs/council-contracts/src/probe.ts', '@whoosh/jetstream', NX],
    ['a coordinator goes past the library to NATS', 'apps/whoosh-coordinator/src/probe.ts', '@nats-io/jetstream', IMPORTS],
    ['an agent goes past the library to NATS', 'apps/chorus-agent/src/probe.ts', '@nats-io/transport-node', IMPORTS],
    ['an application takes the older client', 'apps/chorus-agent/src/probe.ts', 'nats', IMPORTS],
    ['a test goes past the library to NATS', 'apps/council-e2e/src/probe.e2e.spec.ts', '@nats-io/jetstream', IMPORTS],
    ['the JetStream library knows councils', 'libs/jetstream/src/probe.ts', '@whoosh/council-contracts', NX],
    ['the JetStream library knows councils, said otherwise', 'libs/jetstream/src/probe.ts', '@whoosh/council-contracts', IMPORTS],
    ['the runtime library knows councils', 'libs/service-runtime/src/probe.ts', '@whoosh/council-contracts', NX],
    ['a coordinator ships what is for tests', 'apps/whoosh-coordinator/src/probe.ts', '@whoosh/testing', IMPORTS],
    ['an agent ships what is for tests', 'apps/chorus-agent/src/probe.ts', '@whoosh/testing', IMPORTS],
    ['the runtime library ships what is for tests', 'libs/service-runtime/src/probe.ts', '@whoosh/testing', IMPORTS],
  ])(
    'fails the lint: %s (%s, %s)',
    async (_what, file, imported, rule) => {
      expect(await refusals(file, imported)).toContain(rule);
    },
    60_000,
  );
});

describe('an allowed import', () => {
  it.each([
    ['apps/whoosh-coordinator/src/probe.ts', '@whoosh/council-contracts'],
    ['apps/whoosh-coordinator/src/probe.ts', '@whoosh/jetstream'],
    ['apps/whoosh-coordinator/src/probe.ts', '@whoosh/service-runtime'],
    ['apps/whoosh-coordinator/src/probe.int.spec.ts', '@whoosh/testing'],
    ['apps/chorus-agent/src/probe.ts', '@whoosh/jetstream'],
    ['apps/chorus-agent/src/testing/probe.ts', '@whoosh/testing'],
    ['apps/council-e2e/src/probe.e2e.spec.ts', '@whoosh/testing'],
    ['apps/council-e2e/src/probe.e2e.spec.ts', '@whoosh/jetstream'],
    ['libs/council-contracts/src/probe.ts', 'class-validator'],
    ['libs/council-contracts/src/probe.spec.ts', 'node:fs'],
    ['libs/jetstream/src/probe.ts', '@nats-io/jetstream'],
    ['libs/jetstream/src/probe.int.spec.ts', '@whoosh/testing'],
    ['libs/service-runtime/src/probe.ts', 'node:http'],
  ])(
    'passes the lint: %s takes %s',
    async (file, imported) => {
      expect(await refusals(file, imported)).toEqual([]);
    },
    60_000,
  );
});
