import { randomUUID } from 'node:crypto';
import { RoleClaim, validate } from '@whoosh/council-contracts';
import { eventually } from '@whoosh/testing';
import { startTestAgent, TestBed } from '../testing/agent.fixture.js';
import type { TestAgent } from '../testing/agent.fixture.js';
import { anOpportunityFor, recordingLogger } from '../testing/fixtures.js';

describe('the HTTP door of an agent', () => {
  let bed: TestBed;
  let agent: TestAgent;
  beforeAll(async () => {
    bed = await TestBed.start();
    agent = await bed.agent({ CHORUS_AGENT_ID: 'door' }, { door: true });
  });
  afterAll(() => bed.stop());

  const url = (path: string) => `http://127.0.0.1:${agent.port}${path}`;
  const post = (body: string | object) =>
    fetch(url('/api/v1/opportunities/council'), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });

  it('answers an opportunity with the claim', async () => {
    const council = randomUUID();
    const response = await post(anOpportunityFor(council));
    expect(response.status).toBe(200);
    expect(validate(RoleClaim, await response.json())).toMatchObject({
      council_id: council,
      agent_id: 'door',
      response: 'claim',
      via: 'http',
    });
  });

  it('gives the same answer as the NATS door, which alone publishes it', async () => {
    const council = randomUUID();
    const opportunity = anOpportunityFor(council);
    const [first, second] = await Promise.all([post(opportunity), post(opportunity)]);
    const byHttp = validate(RoleClaim, await first.json());
    expect(validate(RoleClaim, await second.json())).toEqual(byHttp);
    expect(await bed.coordinator.claims(council)).toEqual([]);
    await bed.coordinator.announce(opportunity);
    const byNats = await eventually(async () => (await bed.coordinator.claims(council))[0] ?? false, { what: 'the claim is published' });
    expect([byNats.via, byNats.bids, byNats.received_at]).toEqual(['nats', byHttp.bids, byHttp.received_at]);
  });

  it('refuses a malformed opportunity with every violation', async () => {
    const response = await post(JSON.stringify({ council_id: 'no token!', core_roles: [] }));
    expect([response.status, response.headers.get('content-type')]).toEqual([400, 'application/problem+json']);
    const problem = (await response.json()) as { code: string; errors: { path: string }[] };
    expect(problem.code).toBe('malformed_message');
    expect(problem.errors.map(({ path }) => path)).toEqual(
      expect.arrayContaining(['council_id', 'core_roles', 'project_name', 'formation_deadline', 'created_at']),
    );
  });

  it('refuses what is no JSON', async () => {
    expect((await post('{')).status).toBe(400);
  });

  it('tells who the agent is and which roles it has', async () => {
    const self: unknown = await (await fetch(url('/api/v1/agent'))).json();
    expect(self).toMatchObject({ agent_id: 'door', standing: 'serving', connected: true, holding: [], address: url('') });
    expect((await bed.coordinator.presence('door'))?.address).toBe(url(''));
  });

  it('is live and ready', async () => {
    expect((await fetch(url('/health/live'))).status).toBe(200);
    const ready = await fetch(url('/health/ready'));
    expect([ready.status, await ready.json()]).toEqual([200, expect.objectContaining({ status: 'ok' })]);
  });

  it('shows every metric from the start, and counts', async () => {
    const council = randomUUID();
    await bed.coordinator.announce(anOpportunityFor(council));
    await eventually(async () => (await bed.coordinator.claims(council)).length === 1, { what: 'the agent has answered' });
    const text = await (await fetch(url('/metrics'))).text();
    for (const series of [
      /^chorus_nats_receive_total\{subject="chorus\.councils\.forming"\} [1-9]/m,
      /^chorus_nats_receive_total\{subject="chorus\.councils\.\*\.status"\} 0$/m,
      /^chorus_council_opportunity_handled_total [1-9]/m,
      /^nats_connections\{name="CHORUS Agent door"\} 1$/m,
      /^nats_subscriptions\{subject="chorus\.councils\.forming"\} 1$/m,
      /^nats_messages_in\{subject="chorus\.councils\.forming"\} [1-9]/m,
      /^nats_messages_out\{subject="chorus\.councils\.\*\.claims\.\*"\} [1-9]/m,
      /^nats_message_latency_seconds_count [1-9]/m,
      /^chorus_role_offers_total\{answer="refused"\} 0$/m,
      /^chorus_roles_held 0$/m,
    ])
      expect(text).toMatch(series);
  });

  it('is open, but not ready, while the agent waits for its broker', async () => {
    const giveUp = new AbortController();
    const { logger, lines } = recordingLogger();
    const env = { CHORUS_AGENT_ID: 'early', NATS_URL: 'nats://127.0.0.1:9' };
    const settled = startTestAgent(env, { door: true, signal: giveUp.signal, logger }).catch((error: unknown) => error);
    const isUp = () => lines.find(({ sentence }) => sentence === 'CHORUS agent starts')?.fields['port'] ?? false;
    const port = await eventually(isUp, { what: 'the door is open' });
    const ready = await fetch(`http://127.0.0.1:${port}/health/ready`);
    expect(ready.status).toBe(503);
    giveUp.abort();
    expect(await settled).toBeInstanceOf(Error);
  });
});
