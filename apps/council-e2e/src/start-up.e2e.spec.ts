import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { eventually, startNatsServer } from '@whoosh/testing';
import { CouncilApi } from './harness/council-api.js';
import { Rig } from './harness/rig.js';
import { ServiceProcess, type Application, type Settings } from './harness/service-process.js';

interface Service {
  readonly application: Application;
  readonly portSetting: string;
  readonly prefix: string;
  /** What it says once the port is open. */
  readonly opened: string;
}

const SERVICES: Service[] = [
  { application: 'whoosh-coordinator', portSetting: 'WHOOSH_PORT', prefix: 'WHOOSH_', opened: 'HTTP server listens' },
  { application: 'chorus-agent', portSetting: 'CHORUS_AGENT_PORT', prefix: 'CHORUS_', opened: 'CHORUS agent starts' },
];

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe.each(SERVICES)('a $application that cannot start', ({ application, portSetting, prefix }) => {
  /** Starts it and waits for its end. @returns its exit code and everything that it printed */
  async function outcome(settings: Settings): Promise<{ code: number | null; output: string }> {
    const process = new ServiceProcess(application, application, { NATS_URL: 'nats://127.0.0.1:9', [portSetting]: '0', ...settings });
    const late = setTimeout(() => process.signal('SIGKILL'), 20_000);
    const { code } = await process.ended;
    clearTimeout(late);
    return { code, output: process.output };
  }

  it('names every setting that is wrong, an unknown one of ours too, and ends with exit code 1', async () => {
    const { code, output } = await outcome({ [`${prefix}BANANA`]: '1', [`${prefix}LOG_LEVEL`]: 'loud', NATS_URL: 'http://localhost:4222' });
    expect(code).toBe(1);
    expect(output).toContain(`${application} cannot start: 3 settings are wrong:`);
    expect(output).toContain(`${prefix}BANANA is no setting.`);
    expect(output).toMatch(new RegExp(`${prefix}LOG_LEVEL must be one of`));
    expect(output).toMatch(/NATS_URL must .* nats:\/\/host:4222/);
  });

  it('knows what was meant by a setting that is misspelled', async () => {
    const { code, output } = await outcome({ [`${portSetting}S`]: '8080' });
    expect([code, output]).toEqual([1, expect.stringContaining(`${portSetting}S is no setting. Did you mean ${portSetting}?`)]);
  });

  it('refuses a NATS_URL that is none, and shows what one looks like', async () => {
    const outcomes = await Promise.all(
      ['nats://host:99999', 'nats://:4222', 'nats://host:4222:5'].map((url) => outcome({ NATS_URL: url })),
    );
    for (const { code, output } of outcomes) expect([code, output]).toEqual([1, expect.stringMatching(/NATS_URL .*nats:\/\/host:4222/)]);
  });

  it('names the taken port and the setting that moves it', async () => {
    const holder = createServer();
    await new Promise<void>((resolve) => holder.listen(0, resolve));
    const { port } = holder.address() as AddressInfo;
    try {
      const { code, output } = await outcome({ [portSetting]: String(port) });
      const remedy = `Port ${port} is taken by another process. Stop that process, or set ${portSetting} to a free port.`;
      expect([code, output]).toEqual([1, expect.stringContaining(remedy)]);
    } finally {
      holder.close();
    }
  });

  it('says how to enable JetStream on a broker without it', async () => {
    const nats = await startNatsServer({ jetstream: false });
    try {
      const { code, output } = await outcome({ NATS_URL: nats.url });
      expect([code, output]).toEqual([1, expect.stringMatching(/JetStream.*(nats-server -js|--jetstream)/)]);
    } finally {
      await nats.stop();
    }
  });
});

describe('a system whose broker is not there yet', () => {
  const rig = new Rig({ coordinators: 0 });
  beforeAll(async () => {
    await rig.start();
    await rig.nats.stop();
  });
  afterAll(() => rig.stop());

  it('waits for it, live but not ready and saying why, and works once it comes up', async () => {
    const port = await freePort();
    const processes = SERVICES.map(({ application, portSetting }) => {
      const id = application === 'chorus-agent' ? { CHORUS_AGENT_ID: 'early' } : {};
      return rig.launch(application, application, { NATS_URL: `nats://127.0.0.1:${port}`, [portSetting]: '0', ...id });
    });
    const urls: string[] = [];
    for (const [n, process] of processes.entries()) {
      const line = await process.says(SERVICES[n]?.opened ?? '');
      urls.push(`http://127.0.0.1:${String(line['port'])}`);
      await process.says('NATS is not reachable yet, waiting for it');
    }
    for (const url of urls) {
      expect((await fetch(`${url}/health/live`)).status).toBe(200);
      const ready = await fetch(`${url}/health/ready`);
      expect([ready.status, await ready.text()]).toEqual([503, expect.stringMatching(/NATS|not connected/i)]);
    }
    const api = new CouncilApi(urls[0] ?? '');
    const early = await api.post({});
    expect([early.status, early.headers.get('content-type')]).toEqual([503, expect.stringContaining('application/problem+json')]);
    expect(JSON.stringify(early.body)).toContain('/health/ready says when it is there');

    const nats = await startNatsServer({ port });
    try {
      await api.sees(['early']);
      for (const url of urls)
        await eventually(async () => (await fetch(`${url}/health/ready`)).status === 200, { what: `${url} is ready` });
      const id = await api.request({ core_roles: ['tpm'] });
      await api.reaches(id, 'active');
      for (const process of processes) expect(await process.stop('SIGTERM')).toEqual({ code: 0, signal: null });
    } finally {
      await nats.stop();
    }
  });

  it('ends with exit code 0 when it is told to while it waits', async () => {
    for (const { application, portSetting } of SERVICES) {
      const process = rig.launch(application, application, { NATS_URL: `nats://127.0.0.1:${await freePort()}`, [portSetting]: '0' });
      await process.says('NATS is not reachable yet, waiting for it');
      expect(await process.stop('SIGTERM')).toEqual({ code: 0, signal: null });
    }
  });
});
