import { createServer, type AddressInfo, type Server } from 'node:net';
import { eventually, startNatsServer, type NatsServer } from '@whoosh/testing';
import { Broker } from './broker.js';
import { brokerHealth } from './health.js';
import { LogRecorder } from './rig.fixture.js';
import { meetsSecurityFloor } from './server-version.js';

describe('the connection to the broker', () => {
  const opened: { drain(): Promise<void> }[] = [];
  const servers: NatsServer[] = [];
  const listeners: Server[] = [];
  const log = new LogRecorder();

  afterEach(async () => {
    await Promise.all(opened.splice(0).map((broker) => broker.drain()));
    await Promise.all(servers.splice(0).map((server) => server.stop()));
    for (const listener of listeners.splice(0)) listener.close();
    log.lines.splice(0);
  });

  const serve = async (options: Parameters<typeof startNatsServer>[0] = {}): Promise<NatsServer> => {
    const server = await startNatsServer(options);
    servers.push(server);
    return server;
  };
  const brokerFor = (url: string, overrides: object = {}): Broker => {
    const broker = new Broker({ servers: [url], name: 'CHORUS Agent test', logger: log, reconnectJitterMs: 100, ...overrides });
    opened.push(broker);
    return broker;
  };

  it('waits at boot for a broker that is not there yet, and says so', async () => {
    const server = await serve();
    await server.kill();
    const broker = brokerFor(server.url);
    const connecting = broker.connect();
    await eventually(
      () => expect(log.find('NATS is not reachable yet')).toMatchObject({ level: 'warn', fields: { servers: [server.url] } }),
      { what: 'it is said' },
    );
    await server.restart();
    await connecting;
    expect(broker.isConnected()).toBe(true);
    expect(broker.serverInfo).toMatchObject({ version: server.version, serverName: server.serverName });
    expect(broker.serverInfo.maxPayloadBytes).toBe(1_048_576);
    expect(broker.lastConnectedAt?.getTime()).toBeGreaterThan(Date.now() - 10_000);
  });

  it('stops waiting when it is told to', async () => {
    const ending = new AbortController();
    const connecting = brokerFor('nats://127.0.0.1:1').connect(ending.signal);
    await eventually(() => expect(log.find('NATS is not reachable yet')).toBeDefined(), { what: 'it waits' });
    ending.abort();
    await expect(connecting).rejects.toMatchObject({
      name: 'BrokerUnreachableError',
      code: 'broker_unreachable',
      servers: ['nats://127.0.0.1:1'],
    });
  });

  it('says that JetStream is disabled, and how to enable it', async () => {
    const server = await serve({ jetstream: false });
    const connecting = brokerFor(server.url).connect();
    await expect(connecting).rejects.toMatchObject({
      code: 'jetstream_disabled',
      message: expect.stringContaining('--jetstream') as string,
    });
  });

  it.each([
    ['http://localhost:4222', /scheme is http/],
    ['nats://', /is not the address/],
    ['nats://host:99999', /cannot be parsed/],
    ['', /is not the address/],
  ])('says that "%s" is no address of a broker', async (url, reason) => {
    const connecting = brokerFor(url).connect();
    await expect(connecting).rejects.toMatchObject({ code: 'invalid_server_url', message: expect.stringMatching(reason) as string });
    await expect(connecting).rejects.toThrow('NATS_URL');
  });

  it('says that something else listens at the address', async () => {
    const stranger = createServer((socket) => void socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    listeners.push(stranger);
    await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve));
    const { port } = stranger.address() as AddressInfo;
    await expect(brokerFor(`nats://127.0.0.1:${port}`).connect()).rejects.toMatchObject({
      code: 'broker_protocol',
      message: expect.stringContaining('8222') as string,
    });
  });

  it('says that the credentials are refused', async () => {
    const server = await serve({ config: ['authorization { user: whoosh, password: right }'] });
    await expect(brokerFor(server.url, { user: 'whoosh', password: 'wrong' }).connect()).rejects.toMatchObject({
      code: 'broker_authentication',
    });
    const allowed = brokerFor(server.url, { user: 'whoosh', password: 'right' });
    await allowed.connect();
    expect(await brokerHealth(allowed)).toMatchObject({ ok: true, connected: true });
  });

  it('is made once, however often it is asked for', async () => {
    const server = await serve();
    const broker = brokerFor(server.url);
    await Promise.all([broker.connect(), broker.connect()]);
    await broker.connect();
    const connections = (await (await fetch(`${server.monitorUrl}/connz`)).json()) as { connections: { name: string }[] };
    expect(connections.connections.map(({ name }) => name)).toEqual(['CHORUS Agent test']);
  });

  it('comes back after the broker was killed, tells its listeners, and logs the words that runbooks look for', async () => {
    const server = await serve();
    const broker = brokerFor(server.url);
    await broker.connect();
    const told: string[] = [];
    broker.onStatus(({ type }) => told.push(type));
    await server.kill();
    await eventually(() => expect(broker.isConnected()).toBe(false), { what: 'the loss is noticed' });
    expect(await brokerHealth(broker)).toMatchObject({ ok: false, connected: false });
    await server.restart();
    const connectedBefore = broker.lastConnectedAt;
    await eventually(() => expect(broker.isConnected()).toBe(true), { what: 'it is connected again' });
    expect(broker.lastConnectedAt).not.toEqual(connectedBefore);
    await broker.drain();
    await eventually(() => expect(told).toEqual(['disconnected', 'reconnected', 'closed']), { what: 'all is told' });
    expect(log.find('NATS disconnected')?.level).toBe('warn');
    expect(log.find('NATS reconnected')?.level).toBe('info');
    expect(log.find('Closed NATS connection')?.level).toBe('info');
  });

  it('closes also while the broker is gone', async () => {
    const server = await serve();
    const broker = brokerFor(server.url);
    await broker.connect();
    await server.kill();
    await eventually(() => expect(broker.isConnected()).toBe(false), { what: 'the loss is noticed' });
    await broker.drain();
    await eventually(() => expect(log.find('Closed NATS connection')).toBeDefined(), { what: 'it is closed' });
  });

  it('warns of a server below the security floor, once', async () => {
    const server = await serve();
    const broker = brokerFor(server.url);
    await broker.connect();
    await server.restart();
    await eventually(() => expect(log.find('NATS reconnected')).toBeDefined(), { what: 'it is connected again' });
    const warnings = log.lines.filter(({ sentence }) => sentence.includes('security fixes'));
    expect(warnings).toHaveLength(meetsSecurityFloor(server.version) ? 0 : 1);
  });

  it('is unhealthy while the broker hangs, and says so within a second', async () => {
    const server = await serve();
    const broker = brokerFor(server.url);
    await broker.connect();
    server.pause();
    // A signal takes a moment to reach a process with many threads.
    await eventually(async () => expect(await brokerHealth(broker)).toMatchObject({ ok: false, connected: true }), {
      what: 'it is unhealthy',
    });
    const startedAt = Date.now();
    await brokerHealth(broker);
    expect(Date.now() - startedAt).toBeLessThan(1_900);
    server.resume();
    await eventually(async () => expect((await brokerHealth(broker)).ok).toBe(true), { what: 'it is healthy again' });
  });
});
