// The documents that come from the two services: their settings and their metrics.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { code, page, table } from './markdown.mjs';

/**
 * One service: where it declares what is documented.
 * @typedef {{ name: string, short: string, project: string, file: string, config: string, register: (module: any, metrics: any) => unknown }} Service
 */

/** @type {Service[]} */
const SERVICES = [
  {
    name: 'WHOOSH coordinator',
    short: 'whoosh',
    project: 'apps/whoosh-coordinator',
    file: 'coordinator',
    config: 'CoordinatorConfig',
    // Only names, labels and help are read, so the gauges need no sources.
    register: (module, metrics) => new module.CoordinatorMetrics(metrics).bind({}),
  },
  {
    name: 'CHORUS agent',
    short: 'chorus',
    project: 'apps/chorus-agent',
    file: 'agent',
    config: 'AgentConfig',
    register: (module, metrics) => new module.AgentMetrics(metrics.registry, 'CHORUS Agent', () => 0),
  },
];

/**
 * @param {string} root the workspace
 * @returns {Promise<import('../docs.mjs').DocGenerator[]>}
 */
export async function serviceDocs(root) {
  const lists = await Promise.all(SERVICES.map((service) => documentsOf(root, service)));
  return lists.flat();
}

/** @param {string} root @param {Service} service */
async function documentsOf(root, service) {
  const runtime = await load(root, 'libs/service-runtime/dist/index.js');
  const config = await load(root, `${service.project}/dist/config/${service.file}.config.js`);
  const metrics = await load(root, `${service.project}/dist/metrics/${service.file}.metrics.js`);
  return [
    {
      file: `configuration-${service.short}.md`,
      generate: () => settingsPage(service.name, () => runtime.settingsTable(config[service.config])),
    },
    { file: `metrics-${service.short}.md`, generate: () => metricsPage(service.name, registered(runtime, service, metrics)) },
  ];
}

/** @param {string} name @param {() => any[]} read */
function settingsPage(name, read) {
  // Read twice: a default that differs is made anew at each start, so its text says nothing.
  const again = read();
  const rows = read().map((row, i) => {
    const kind = row.unit === undefined ? row.kind : `${row.kind}, ${row.unit}`;
    return [code(row.name), kind, row.default === again[i].default ? fallback(row) : 'made at each start', row.description];
  });
  return page(`Settings of the ${name}`, [
    'Each is an environment variable. With `_FILE` at the end of its name, the value is read from that file, as Swarm secrets need it. A variable with our prefix that is not listed here stops the start.',
    table(['Variable', 'Kind', 'Default', 'Meaning'], rows),
  ]);
}

/** @param {{ default?: string, secret: boolean }} row */
function fallback(row) {
  if (row.secret) return 'secret, none';
  return row.default === '' ? 'empty' : code(row.default) || 'none';
}

/** @param {any} runtime @param {Service} service @param {any} module @returns {any[]} */
function registered(runtime, service, module) {
  const metrics = runtime.createMetrics();
  service.register(module, metrics);
  metrics.stop();
  return metrics.registry.getMetricsAsArray();
}

/** @param {string} name @param {any[]} metrics */
function metricsPage(name, metrics) {
  const rows = metrics.map((metric) => [
    code(metric.name),
    metric.constructor.name.toLowerCase(),
    metric.labelNames.map(code).join(', '),
    metric.help,
  ]);
  return page(`Metrics of the ${name}`, [
    'Served at `/metrics` in the format of Prometheus.',
    table(['Metric', 'Kind', 'Labels', 'Meaning'], rows),
  ]);
}

/** @param {string} root @param {string} file */
function load(root, file) {
  return import(pathToFileURL(join(root, file)).href);
}
