// Makes an application that runs alone: `node ../../tools/bundle/bundle.mjs` in the application's folder, after its build.
// dist/main.js → bundle/main.js and the chunks that it loads only when needed (OpenTelemetry, pretty logs, …). No node_modules beside it.
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createRequire } from 'node:module';
import esbuild from 'esbuild';
import { absentPackages, entryAfterReflectMetadata, phoneNumberStub, swaggerUiBeside, treeShakenRxjs } from './plugins.mjs';

/** What esbuild's ECMAScript output lacks and CommonJS packages expect. */
const COMMONJS_GLOBALS = `import{createRequire as __createRequire}from'node:module';import{fileURLToPath as __toPath}from'node:url';import{dirname as __dirOf}from'node:path';var require=__createRequire(import.meta.url),__filename=__toPath(import.meta.url),__dirname=__dirOf(__filename);`;

/** Files that Swagger UI's page asks for. */
const SWAGGER_UI_FILES = [
  'favicon-16x16.png',
  'favicon-32x32.png',
  'oauth2-redirect.html',
  'oauth2-redirect.js',
  'swagger-ui-bundle.js',
  'swagger-ui-standalone-preset.js',
  'swagger-ui.css',
];

/**
 * Bundles one application.
 * @param {string} folder the application's folder, with `package.json` and `dist/main.js`
 * @returns {Promise<{ eagerBytes: number, lazyBytes: number }>} the size of what every start loads, and of the rest
 */
export async function bundle(folder) {
  const entry = join(folder, 'dist/main.js');
  if (!existsSync(entry)) throw new Error(`${entry} is missing: build the application first`);
  const out = join(folder, 'bundle');
  rmSync(out, { recursive: true, force: true });
  const result = await esbuild.build({
    absWorkingDir: folder,
    entryPoints: { main: 'virtual:main' },
    outdir: out,
    bundle: true,
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    platform: 'node',
    mainFields: ['module', 'main'],
    target: 'node20',
    format: 'esm',
    minifySyntax: true,
    minifyWhitespace: true,
    minifyIdentifiers: true,
    // Class names are used by Nest for injection tokens and by people in logs.
    keepNames: true,
    // A crash prints the whole source line.
    lineLimit: 160,
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
    banner: { js: COMMONJS_GLOBALS },
    plugins: [entryAfterReflectMetadata(entry), phoneNumberStub, treeShakenRxjs, swaggerUiBeside, absentPackages],
  });
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  writeFileSync(join(out, 'package.json'), `${JSON.stringify({ version: manifest.version, type: 'module', private: true })}\n`);
  if (manifest.dependencies?.['@nestjs/swagger']) copySwaggerUi(folder, out);
  return sizes(result.metafile);
}

/**
 * What is loaded at every start, and what only when needed.
 * @param {import('esbuild').Metafile} metafile
 */
function sizes({ outputs }) {
  const entry = Object.keys(outputs).find((path) => outputs[path].entryPoint === 'entry:virtual:main') ?? '';
  const application = outputs[entry].imports.filter(({ kind }) => kind === 'dynamic-import').map(({ path }) => path);
  const eager = new Set([entry, ...application]);
  for (const path of eager)
    for (const { path: next, kind } of outputs[path]?.imports ?? []) if (kind === 'import-statement') eager.add(next);
  const total = (/** @type {string[]} */ paths) => paths.reduce((sum, path) => sum + (outputs[path]?.bytes ?? 0), 0);
  return { eagerBytes: total([...eager]), lazyBytes: total(Object.keys(outputs).filter((path) => !eager.has(path))) };
}

/**
 * @param {string} folder
 * @param {string} out
 */
function copySwaggerUi(folder, out) {
  const swagger = createRequire(join(folder, 'package.json')).resolve('@nestjs/swagger');
  const source = dirname(createRequire(swagger).resolve('swagger-ui-dist/package.json'));
  mkdirSync(join(out, 'swagger-ui'), { recursive: true });
  for (const file of SWAGGER_UI_FILES) copyFileSync(join(source, file), join(out, 'swagger-ui', file));
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const folder = process.cwd();
  const { eagerBytes, lazyBytes } = await bundle(folder);
  console.log(
    `${basename(folder)}: bundle/main.js, ${Math.round(eagerBytes / 1_000)} KB, and ${Math.round(lazyBytes / 1_000)} KB loaded when needed`,
  );
}
