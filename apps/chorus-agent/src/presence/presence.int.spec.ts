import { randomUUID } from 'node:crypto';
import { eventually } from '@whoosh/testing';
import { TestBed } from '../testing/agent.fixture.js';
import { anOfferFor, anOpportunityFor, aStatusFor } from '../testing/fixtures.js';

describe('the presence of an agent', () => {
  let bed: TestBed;
  beforeAll(async () => void (bed = await TestBed.start()));
  afterEach(() => bed.stopAgents());
  afterAll(() => bed.stop());

  const get = async (url: string) => {
    const response = await fetch(url);
    return { status: response.status, body: (await response.json()) as Record<string, Record<string, Record<string, unknown>>> };
  };

  it('is known as soon as the agent has started, and beats on', async () => {
    await bed.agent({ CHORUS_AGENT_ID: 'p-a', CHORUS_PRESENCE_INTERVAL_MS: '60', CHORUS_SKILLS: 'go' });
    const first = await bed.coordinator.presence('p-a');
    expect(first).toMatchObject({ agent_id: 'p-a', state: 'ready', available_for_work: true, capabilities: ['go'], interval_ms: 60 });
    await eventually(async () => ((await bed.coordinator.presence('p-a'))?.seq ?? 0) >= (first?.seq ?? 0) + 3, {
      what: 'three more beats came',
    });
  });

  it('says goodbye: the key is deleted, roles end, and the whole takes less than three seconds', async () => {
    const agent = await bed.agent({ CHORUS_AGENT_ID: 'p-b' });
    const states: unknown[] = [];
    const watch = new AbortController();
    const watching = bed.coordinator.agents.watch({
      key: 'p-b',
      signal: watch.signal,
      onEntry: ({ value, operation }) => states.push(value?.state ?? operation),
    });
    await watching.caughtUp;
    const startedAt = Date.now();
    await agent.stop();
    expect(Date.now() - startedAt).toBeLessThan(3_000);
    expect(await bed.coordinator.presence('p-b')).toBeUndefined();
    await eventually(() => states.at(-1) === 'DEL', { what: 'the deletion was seen' });
    watch.abort();
    await watching.stopped;
    expect(states.slice(-2)).toEqual(['leaving', 'DEL']);
    const consumers = await bed.coordinator.broker.streamManager.consumers.list('CHORUS_COUNCILS').next();
    expect(consumers.map(({ name }) => name).filter((name) => name.includes('p-b'))).toEqual([]);
  });

  it('comes back when somebody deletes the key', async () => {
    await bed.agent({ CHORUS_AGENT_ID: 'p-c' });
    await bed.coordinator.agents.delete('p-c');
    await eventually(async () => (await bed.coordinator.presence('p-c')) !== undefined, { what: 'the key is there again' });
  });

  it('goes on after the broker was away, without beats piling up', async () => {
    const agent = await bed.agent({ CHORUS_AGENT_ID: 'p-d', CHORUS_PRESENCE_INTERVAL_MS: '50' });
    await bed.nats.kill();
    await eventually(() => agent.said('NATS disconnected').length > 0, { what: 'the agent noticed' });
    const before = await eventually(() => agent.lines.length, { what: 'lines are counted' });
    await bed.nats.restart();
    const seq = await eventually(async () => (await bed.coordinator.presence('p-d'))?.seq ?? false, { what: 'presence can be read again' });
    await eventually(async () => ((await bed.coordinator.presence('p-d'))?.seq ?? 0) > seq, { what: 'beats go on' });
    expect(agent.lines.length - before).toBeLessThan(40);
  });

  it('is no obstacle to a stop while the broker is away', async () => {
    const agent = await bed.agent({ CHORUS_AGENT_ID: 'p-e' });
    await bed.nats.kill();
    await eventually(() => agent.said('NATS disconnected').length > 0, { what: 'the agent noticed' });
    const startedAt = Date.now();
    await agent.stop();
    const tookMs = Date.now() - startedAt;
    await bed.nats.restart();
    expect(tookMs).toBeLessThan(3_000);
    await eventually(() => bed.coordinator.broker.isConnected(), { what: 'the coordinator is back' });
  });

  describe('of two processes with one agent id', () => {
    it('is that of the newer; the older one says so, stops answering, is not ready, and leaves the key alone', async () => {
      const older = await bed.agent({ CHORUS_AGENT_ID: 'twin' }, { door: true });
      await bed.coordinator.offer('twin', anOfferFor('twin-council'));
      await bed.coordinator.publishStatus(
        aStatusFor('twin-council', 1, { roles: [{ role_name: 'developer', state: 'filled', generation: 1, agent_id: 'twin' }] }),
      );
      await eventually(async () => (await bed.coordinator.presence('twin'))?.holding[0]?.progress === 'working', {
        what: 'the older one works',
      });

      const newer = await bed.agent({ CHORUS_AGENT_ID: 'twin' });

      await eventually(() => older.lines.some(({ level }) => level === 'error'), { what: 'the older process is fenced', timeoutMs: 2_000 });
      expect(older.lines.filter(({ level }) => level === 'error')).toEqual([
        expect.objectContaining({
          instance_id: older.instanceId,
          newer_instance_id: newer.instanceId,
          msg: 'Fenced: a newer process has this agent id. Stop this process, or give each process a CHORUS_AGENT_ID of its own',
        }),
      ]);
      expect(newer.said('Another live process has this agent id; this one is newer and takes over')).toEqual([
        expect.objectContaining({ level: 'warn', older_instance_id: older.instanceId }),
      ]);
      const ready = await get(`http://127.0.0.1:${older.port}/health/ready`);
      expect(ready.status).toBe(503);
      expect(ready.body['checks']?.['standing']?.['reason']).toContain(newer.instanceId);
      expect((await get(`http://127.0.0.1:${older.port}/health/live`)).status).toBe(200);

      const council = randomUUID();
      await bed.coordinator.announce(anOpportunityFor(council));
      await eventually(async () => (await bed.coordinator.claims(council))[0]?.instance_id === newer.instanceId, {
        what: 'the newer one answers',
      });
      expect((await bed.coordinator.offer('twin', anOfferFor(council))).instance_id).toBe(newer.instanceId);
      await older.stop();
      expect((await bed.coordinator.presence('twin'))?.instance_id).toBe(newer.instanceId);
    });

    it('does not warn when the predecessor has left', async () => {
      await (await bed.agent({ CHORUS_AGENT_ID: 'heir' })).stop();
      const heir = await bed.agent({ CHORUS_AGENT_ID: 'heir' });
      expect(heir.said('Another live process has this agent id; this one is newer and takes over')).toEqual([]);
    });
  });
});
