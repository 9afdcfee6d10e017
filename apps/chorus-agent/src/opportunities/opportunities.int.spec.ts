import { randomUUID } from 'node:crypto';
import { encode, formingMessageId, formingSubject, HEADER, RoleClaim, STREAMS, statusSubject } from '@whoosh/council-contracts';
import { ensureTopology } from '@whoosh/jetstream';
import { parseTraceparent } from '@whoosh/service-runtime';
import { eventually } from '@whoosh/testing';
import { TestBed } from '../testing/agent.fixture.js';
import { anOpportunityFor } from '../testing/fixtures.js';

const RECEIVED = 'Received council opportunity from NATS';

describe('an agent that listens for opportunities', () => {
  let bed: TestBed;
  beforeAll(async () => void (bed = await TestBed.start()));
  afterEach(() => bed.stopAgents());
  afterAll(() => bed.stop());

  const answered = (councilId: string, answers = 1) =>
    eventually(
      async () => {
        const claims = await bed.coordinator.claims(councilId);
        return claims.length === answers ? claims : false;
      },
      { what: `${answers} agents have answered council ${councilId}` },
    );

  it('answers with a claim that is stored under its own subject and message id', async () => {
    const agent = await bed.agent({ CHORUS_AGENT_ID: 'agent-a', CHORUS_ROLES: 'tpm' });
    const council = randomUUID();
    await bed.coordinator.announce(anOpportunityFor(council));
    const [claim] = await answered(council);
    expect(claim).toMatchObject({ agent_id: 'agent-a', instance_id: agent.instanceId, response: 'claim', via: 'nats', delivery_count: 1 });
    const [stored] = await bed.coordinator.storedClaims(council, 'agent-a');
    expect(stored?.headers).toMatchObject({
      [HEADER.messageId]: `${council}:claim:1:agent-a:${agent.instanceId}`,
      [HEADER.councilId]: council,
    });
  });

  it('says so exactly once, in the words and fields that runbooks grep for', async () => {
    const agent = await bed.agent({ CHORUS_AGENT_ID: 'agent-b' });
    expect(agent.said('Subscribed to NATS council topics')).toHaveLength(1);
    expect(agent.said('CHORUS agent listening for council opportunities via NATS')).toHaveLength(1);
    const council = randomUUID();
    await bed.coordinator.announce(anOpportunityFor(council));
    await answered(council);
    expect(agent.said(RECEIVED).filter((line) => line['council_id'] === council)).toEqual([
      expect.objectContaining({
        level: 'info',
        council_id: council,
        project: 'Phoenix',
        subject: formingSubject,
        core_roles: 2,
        optional_roles: 0,
        agent_id: 'agent-b',
      }),
    ]);
  });

  it('is one of many that all hear the same opportunity', async () => {
    const ids = ['many-1', 'many-2', 'many-3', 'many-4', 'many-5'];
    await Promise.all(ids.map((id) => bed.agent({ CHORUS_AGENT_ID: id, CHORUS_ROLES: id === 'many-3' ? 'tester' : '' })));
    const council = randomUUID();
    await bed.coordinator.announce(anOpportunityFor(council));
    const claims = await answered(council, ids.length);
    expect(claims.map(({ agent_id, response }) => `${agent_id} ${response}`).sort()).toEqual(
      ids.map((id) => `${id} ${id === 'many-3' ? 'decline' : 'claim'}`),
    );
  });

  it('carries the trace of the opportunity on to its claim', async () => {
    await bed.agent({ CHORUS_AGENT_ID: 'agent-c' });
    const council = randomUUID();
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    await bed.coordinator.announce(anOpportunityFor(council), traceparent);
    await answered(council);
    const [stored] = await bed.coordinator.storedClaims(council);
    const trace = parseTraceparent(stored?.headers[HEADER.traceparent]);
    expect(trace).toMatchObject({ traceId: '0af7651916cd43dd8448eb211c80319c', sampled: true });
    expect(trace?.spanId).not.toBe('b7ad6b7169203331');
  });

  it('hears the subject of the older broadcaster too, and answers an attempt once when it comes by both', async () => {
    const agent = await bed.agent({ CHORUS_AGENT_ID: 'agent-d' });
    const council = randomUUID();
    const opportunity = anOpportunityFor(council);
    await bed.coordinator.announce(opportunity, undefined, formingSubject.replace('forming', `${council}.forming`));
    const [first] = await answered(council);
    await bed.coordinator.publisher.publish(formingSubject, encode(opportunity), { messageId: formingMessageId(council, 1) + ':again' });
    await eventually(() => agent.said('Council opportunity redelivered').length === 1, { what: 'the second copy was heard' });
    const [stored] = await bed.coordinator.storedClaims(council);
    const received = agent.said(RECEIVED).filter((line) => line['council_id'] === council);
    expect([received.length, (await bed.coordinator.claims(council))[0]]).toEqual([1, first]);
    expect(stored?.headers[HEADER.messageId]).toBe(`${council}:claim:1:agent-d:${agent.instanceId}`);
  });

  it('keeps an opportunity until its claim is stored: it comes again, is said in other words, and is answered once', async () => {
    const agent = await bed.agent({ CHORUS_AGENT_ID: 'agent-e' });
    await bed.coordinator.broker.streamManager.streams.delete(STREAMS.claims.name);
    const council = randomUUID();
    await bed.coordinator.announce(anOpportunityFor(council));
    await eventually(() => agent.said('Failed to handle council opportunity').length > 0, {
      what: 'the claim was refused',
      timeoutMs: 15_000,
    });
    await ensureTopology(bed.coordinator.broker, { streams: [STREAMS.claims], buckets: [], replicas: 1 });
    await answered(council);
    expect(agent.said(RECEIVED).filter((line) => line['council_id'] === council)).toHaveLength(1);
    expect(agent.said('Council opportunity redelivered').length).toBeGreaterThan(0);
  });

  it('answers again what is still open after a restart, as a new process', async () => {
    const before = await bed.agent({ CHORUS_AGENT_ID: 'agent-f' });
    const council = randomUUID();
    await bed.coordinator.announce(anOpportunityFor(council));
    await answered(council);
    await before.stop();
    const after = await bed.agent({ CHORUS_AGENT_ID: 'agent-f' });
    await eventually(async () => (await bed.coordinator.claims(council))[0]?.instance_id === after.instanceId, {
      what: 'the new process has answered',
    });
  });

  it('does not hear what is older than its formation window', async () => {
    const council = randomUUID();
    await bed.coordinator.announce(anOpportunityFor(council));
    await bed.agent({ CHORUS_AGENT_ID: 'agent-g', CHORUS_FORMATION_WINDOW_MS: '0' });
    const later = randomUUID();
    await bed.coordinator.announce(anOpportunityFor(later));
    await answered(later);
    expect(await bed.coordinator.storedClaims(council, 'agent-g')).toEqual([]);
  });

  it('says that it does not understand a later major version', async () => {
    await bed.agent({ CHORUS_AGENT_ID: 'agent-h' });
    const council = randomUUID();
    await bed.coordinator.publishRaw(formingSubject, JSON.stringify({ schema_version: '2.0', council_id: council, shape: 'new' }), council);
    const [claim] = await answered(council);
    expect(claim).toMatchObject({ response: 'not_understood', reason: 'schema version 2.0 is not understood; this agent understands 1.x' });
  });

  it('keeps malformed messages as dead letters with every violation, and goes on', async () => {
    const agent = await bed.agent({ CHORUS_AGENT_ID: 'agent-i' });
    const bad = JSON.stringify({ schema_version: '1.0', council_id: 'no token!', core_roles: [] });
    await bed.coordinator.publishRaw(formingSubject, bad, randomUUID());
    await bed.coordinator.publishRaw(statusSubject('c-bad'), '{"status":"dancing"}', randomUUID());
    const council = randomUUID();
    await bed.coordinator.announce(anOpportunityFor(council));
    await answered(council);
    const letters = await eventually(
      async () => {
        const found = await bed.coordinator.deadLetters('agent-i');
        return found.length >= 2 ? found : false;
      },
      { what: 'both malformed messages are dead letters' },
    );
    const letter = letters.find(({ payload }) => new TextDecoder().decode(payload) === bad);
    expect(letter?.headers).toMatchObject({ 'Dead-Letter-Code': 'malformed_message', 'Dead-Letter-Subject': formingSubject });
    expect(letter?.headers['Dead-Letter-Reason']).toMatch(/council_id.*core_roles/);
    expect(agent.said('Failed to handle council opportunity')).toHaveLength(1);
  });

  it('refuses a status whose council is not that of its subject', async () => {
    await bed.agent({ CHORUS_AGENT_ID: 'agent-j' });
    const update = {
      schema_version: '1.0',
      council_id: 'c-other',
      status: 'active',
      revision: 1,
      roles: [],
      reach: { expected: 1, answered: 1 },
    };
    const text = JSON.stringify({ ...update, updated_at: new Date().toISOString() });
    await bed.coordinator.publishRaw(statusSubject('c-subject'), text, randomUUID());
    await eventually(
      async () => {
        const letters = await bed.coordinator.deadLetters('agent-j');
        return letters.some(({ headers }) => headers['Dead-Letter-Code'] === 'council_id_mismatch');
      },
      { what: 'the status is a dead letter' },
    );
  });

  it('goes on after the broker was killed and came back', async () => {
    const agent = await bed.agent({ CHORUS_AGENT_ID: 'agent-k' });
    await bed.nats.restart();
    await eventually(() => bed.coordinator.broker.isConnected() && agent.said('NATS reconnected').length > 0, {
      what: 'both sides reconnected',
    });
    const council = randomUUID();
    await bed.coordinator.announce(anOpportunityFor(council));
    await answered(council);
  });

  it('is valid for coordinators, whatever it answers', async () => {
    await bed.agent({ CHORUS_AGENT_ID: 'agent-l', CHORUS_MAX_TASKS: '0' });
    const council = randomUUID();
    await bed.coordinator.announce(anOpportunityFor(council));
    const [claim] = await answered(council);
    expect(claim).toBeInstanceOf(RoleClaim);
    expect(claim).toMatchObject({ response: 'decline', reason: 'at capacity: 0 of 0 tasks', load: { current_tasks: 0, max_tasks: 0 } });
  });
});
