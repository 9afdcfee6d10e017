// What a bundle needs besides esbuild's own resolution.
import { readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname } from 'node:path';

/** @typedef {import('esbuild').Plugin} Plugin */

/**
 * class-validator imports libphonenumber-js (300 KB, 6 MB of memory) for @IsPhoneNumber, which nothing here uses. Using it throws.
 * @type {Plugin}
 */
export const phoneNumberStub = {
  name: 'phone-number-stub',
  setup(build) {
    build.onResolve({ filter: /^libphonenumber-js(\/|$)/ }, ({ path }) => ({ path, namespace: 'phone-number-stub' }));
    build.onLoad({ filter: /.*/, namespace: 'phone-number-stub' }, () => ({
      contents: `module.exports = new Proxy({}, { get(_, name) {
        if (name === '__esModule' || typeof name === 'symbol') return undefined;
        return () => { throw new Error('Phone numbers cannot be validated: libphonenumber-js is not in the bundle.'); };
      } });`,
      loader: 'js',
    }));
  },
};

/**
 * rxjs as ECMAScript modules, of which only what is used stays: 2 MB less memory in each process than its CommonJS build.
 * @type {Plugin}
 */
export const treeShakenRxjs = {
  name: 'tree-shaken-rxjs',
  setup(build) {
    build.onResolve({ filter: /^rxjs(\/operators)?$/ }, async ({ path, pluginData, importer, kind, resolveDir }) => {
      if (pluginData === 'resolving') return undefined;
      const found = await build.resolve(path, { importer, kind, resolveDir, pluginData: 'resolving' });
      return found.errors.length > 0 ? { errors: found.errors } : { path: found.path.replace(/([\\/]dist[\\/])cjs([\\/])/, '$1esm$2') };
    });
  },
};

/**
 * Packages that something can use and nobody installed (Nest's other transports, template engines): left as imports that fail when
 * reached, which is how Nest learns that they are absent.
 * @type {Plugin}
 */
export const absentPackages = {
  name: 'absent-packages',
  setup(build) {
    build.onResolve({ filter: /^[^./]/ }, async ({ path, pluginData, ...rest }) => {
      if (pluginData === 'resolving' || isBuiltin(path) || rest.kind === 'entry-point') return undefined;
      const { importer, kind, namespace, resolveDir } = rest;
      const found = await build.resolve(path, { importer, kind, namespace, resolveDir, pluginData: 'resolving' });
      if (found.errors.length === 0) return found;
      return kind === 'dynamic-import' || kind === 'require-call' ? { path, external: true } : { errors: found.errors };
    });
  },
};

/**
 * The entry point: reflect-metadata first, then the application. Decorators need it when their chunk is loaded, and splitting does not
 * keep the order of side effects between chunks.
 * @param {string} application absolute path of the built main module
 * @returns {Plugin}
 */
export function entryAfterReflectMetadata(application) {
  return {
    name: 'entry-after-reflect-metadata',
    setup(build) {
      build.onResolve({ filter: /^virtual:main$/ }, ({ path }) => ({ path, namespace: 'entry' }));
      build.onLoad({ filter: /.*/, namespace: 'entry' }, () => ({
        contents: `import 'reflect-metadata';\nawait import(${JSON.stringify(application)});`,
        resolveDir: dirname(application),
        loader: 'js',
      }));
    },
  };
}

/**
 * Swagger UI's files are copied beside the bundle; @nestjs/swagger looks for their package.
 * @type {Plugin}
 */
export const swaggerUiBeside = {
  name: 'swagger-ui-beside',
  setup(build) {
    build.onLoad({ filter: /[\\/]@nestjs[\\/]swagger[\\/]dist[\\/]swagger-ui[\\/]swagger-ui\.js$/ }, ({ path }) => {
      const source = readFileSync(path, 'utf8');
      const found = "require('swagger-ui-dist/absolute-path.js')()";
      if (!source.includes(found)) throw new Error(`${path} finds Swagger UI in a new way: adapt tools/bundle/plugins.mjs`);
      return {
        contents: source.replace(found, `require('node:path').join(__dirname, '..', 'swagger-ui')`).replace(/^const require = .*$/m, ''),
        loader: 'js',
      };
    });
  },
};
