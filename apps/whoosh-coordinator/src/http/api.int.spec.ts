import { claimSubject, encode, exampleOf, messageIdOfTest, RoleClaim, STREAMS } from '../testing/contracts.js';
import { lastMessageFor, messagesFor } from '@whoosh/jetstream';
import { eventually } from '@whoosh/testing';
import { CoordinatorRig } from '../testing/coordinator.rig.js';

const valid = { project_name: 'p', repository: 'https://example.org/p', core_roles: ['tpm', 'developer'] };

describe('the HTTP API', () => {
  let rig: CoordinatorRig;
  beforeAll(async () => {
    rig = await CoordinatorRig.start({ WHOOSH_CLAIM_WINDOW_MS: '20000' }, 2);
  });
  afterAll(() => rig.stop());

  const post = (body: unknown, headers: Record<string, string> = {}, replica = 0) => rig.call('POST', '/councils', body, headers, replica);

  it('takes the body of the older system as it stands', async () => {
    const { status, headers, body } = await post(valid);
    expect(status).toBe(201);
    expect(headers.get('location')).toBe(`/api/v1/councils/${body.council_id}`);
    expect(body).toMatchObject({
      status: 'forming',
      core_roles: [
        { role_name: 'tpm', required: true },
        { role_name: 'developer', required: true },
      ],
    });
  });

  it('takes briefs, optional roles, skills, a deadline and metadata', async () => {
    const deadline = new Date(Date.now() + 120_000).toISOString();
    const { status, body } = await post({
      ...valid,
      project_brief: 'a brief',
      core_roles: [{ role_name: 'developer', required_skills: ['rust'] }],
      optional_roles: ['docs'],
      formation_deadline: deadline,
      metadata: { team: 'x' },
    });
    expect(status).toBe(201);
    expect(body).toMatchObject({ formation_deadline: deadline, metadata: { team: 'x' }, project_brief: 'a brief' });
    expect(body.roles.map((slot: { role_name: string; required: boolean }) => [slot.role_name, slot.required])).toEqual([
      ['developer', true],
      ['docs', false],
    ]);
  });

  it.each([
    ['malformed JSON', '{"project_name":', 'malformed_json', undefined],
    ['an unknown field', { ...valid, colour: 'red' }, 'invalid_request', 'colour'],
    ['no roles', { project_name: 'p', repository: 'r' }, 'invalid_request', 'core_roles'],
    ['empty roles', { ...valid, core_roles: [] }, 'invalid_request', 'core_roles'],
    ['a repeated role', { ...valid, optional_roles: ['tpm'] }, 'invalid_request', 'core_roles'],
    ['a role that is none', { ...valid, core_roles: ['tpm', 7] }, 'invalid_request', 'core_roles[1]'],
    ['a line break where a header will be', { ...valid, project_name: 'a\r\nNats-Msg-Id: x' }, 'invalid_request', 'project_name'],
    ['a deadline in the past', { ...valid, formation_deadline: '2020-01-01T00:00:00Z' }, 'invalid_request', 'formation_deadline'],
    ['a deadline without a time zone', { ...valid, formation_deadline: '2030-01-01T00:00:00' }, 'invalid_request', 'formation_deadline'],
    ['a deadline far ahead', { ...valid, formation_deadline: '9999-12-31T00:00:00Z' }, 'invalid_request', 'formation_deadline'],
    ['a role repeated in other letters', { ...valid, core_roles: ['tpm', ' TPM'] }, 'invalid_request', 'core_roles'],
    ['a deadline that is no time', { ...valid, formation_deadline: 'tomorrow' }, 'invalid_request', 'formation_deadline'],
    ['a long brief', { ...valid, project_brief: 'x'.repeat(100_001) }, 'invalid_request', 'project_brief'],
  ])('refuses %s with a problem that names it', async (_what, body, code, path) => {
    const before = (await rig.call('GET', '/councils?limit=500')).body.councils.length;
    const answer = await post(body);
    expect(answer.status).toBe(400);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(answer.body).toMatchObject({ code, status: 400, instance: '/api/v1/councils' });
    if (path !== undefined) expect(answer.body.errors.map((error: { path: string }) => error.path)).toContain(path);
    expect((await rig.call('GET', '/councils?limit=500')).body.councils).toHaveLength(before);
  });

  it('names every violation, not only the first', async () => {
    const { body } = await post({ project_name: '', repository: 5, core_roles: [], colour: 'red' });
    expect(new Set(body.errors.map((error: { path: string }) => error.path))).toEqual(
      new Set(['project_name', 'repository', 'core_roles', 'colour']),
    );
  });

  it('refuses a body of a megabyte and says how large it may be', async () => {
    const answer = await post({ ...valid, project_brief: 'x'.repeat(1_048_576) });
    expect(answer).toMatchObject({ status: 413, body: { code: 'body_too_large' } });
    expect(answer.body.detail).toMatch(/at most \d+ bytes/);
  });

  it('gives one council for one Idempotency-Key, from 100 requests at once on two replicas', async () => {
    const headers = { 'Idempotency-Key': 'key-of-100' };
    const answers = await Promise.all(Array.from({ length: 100 }, (_, index) => post(valid, headers, index % 2)));
    expect(new Set(answers.map(({ body }) => body.council_id)).size).toBe(1);
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(99);
  });

  it('refuses another body under the same Idempotency-Key', async () => {
    const headers = { 'Idempotency-Key': 'key-of-two' };
    await post(valid, headers);
    expect(await post({ ...valid, project_name: 'q' }, headers)).toMatchObject({ status: 409, body: { code: 'idempotency_conflict' } });
  });

  it('gives the council to a retry that comes after its deadline', async () => {
    const headers = { 'Idempotency-Key': 'key-after-deadline' };
    const body = { ...valid, formation_deadline: new Date(Date.now() + 300).toISOString() };
    const first = await post(body, headers);
    const again = await eventually(
      async () => {
        const answer = await post(body, headers);
        return Date.now() > Date.parse(body.formation_deadline) && answer;
      },
      { what: 'the deadline is over' },
    );
    expect(again).toMatchObject({ status: 200, body: { council_id: first.body.council_id } });
  });

  it.each([
    ['text/plain', 415],
    ['application/x-www-form-urlencoded', 415],
    ['application/json; charset=utf-8', 201],
  ])('takes a body as JSON only: %s', async (type, status) => {
    expect((await post(valid, { 'content-type': type })).status).toBe(status);
  });

  it('keeps metadata as it came', async () => {
    const metadata = { toString: 'a', valueOf: 'b', team: 'c' };
    expect((await post({ ...valid, metadata })).body.metadata).toEqual(metadata);
  });

  it.each([
    ['/councils/%zz', 400, 'bad_request'],
    ['/councils/none', 404, 'council_not_found'],
    ['/councils/no%20token', 400, 'invalid_token'],
    ['/councils/none/history', 404, 'council_not_found'],
    ['/councils/none/deliveries', 404, 'council_not_found'],
    ['/councils?status=happy', 400, 'invalid_request'],
    ['/councils?limit=0', 400, 'invalid_request'],
    ['/councils?cursor=nonsense', 400, 'invalid_cursor'],
    ['/nothing', 404, 'not_found'],
  ])('answers GET %s with %i', async (path, status, code) => {
    expect(await rig.call('GET', path)).toMatchObject({ status, body: { code } });
  });

  it('lists every council once, page by page, newest first, filtered by status and project', async () => {
    const project_name = 'paged';
    const ids: string[] = [];
    for (let index = 0; index < 5; index += 1) ids.push((await post({ ...valid, project_name })).body.council_id);
    await rig.call('DELETE', `/councils/${ids[2]}`);
    const seen: string[] = [];
    let cursor = '';
    do {
      const { body } = await rig.call('GET', `/councils?project=${project_name}&limit=2${cursor}`);
      seen.push(...body.councils.map((council: { council_id: string }) => council.council_id));
      cursor = body.next_cursor === undefined ? '' : `&cursor=${body.next_cursor}`;
    } while (cursor !== '');
    expect(seen).toEqual([...ids].reverse());
    const { body } = await rig.call('GET', `/councils?project=${project_name}&status=cancelled`);
    expect(body.councils.map((council: { council_id: string }) => council.council_id)).toEqual([ids[2]]);
  });

  it('shows on one replica what was requested on the other', async () => {
    const { body } = await post(valid, {}, 0);
    expect((await rig.call('GET', `/councils/${body.council_id}`, undefined, {}, 1)).status).toBe(200);
    await eventually(
      async () =>
        (await rig.call('GET', '/councils?limit=500', undefined, {}, 1)).body.councils.some(
          (council: { council_id: string }) => council.council_id === body.council_id,
        ),
      { what: 'the other replica lists it' },
    );
  });

  it('cancels a council once, and says so when it cannot be ended otherwise', async () => {
    const { body } = await post(valid);
    const path = `/councils/${body.council_id}`;
    expect(await rig.call('DELETE', `${path}?reason=not%20needed`)).toMatchObject({
      status: 200,
      body: { status: 'cancelled', status_reason: 'not needed' },
    });
    expect(await rig.call('DELETE', path)).toMatchObject({ status: 200, body: { status: 'cancelled' } });
    expect(await rig.call('POST', `${path}/complete`, {})).toMatchObject({ status: 409 });
  });

  it('takes claims by HTTP into the same stream, and counts the same answer once', async () => {
    const { body } = await post(valid);
    const council_id: string = body.council_id;
    const claim = exampleOf(RoleClaim, { council_id, agent_id: 'by-http', attempt: 1 });
    const first = await rig.call('POST', `/councils/${council_id}/claims`, claim);
    expect(first).toMatchObject({ status: 202, body: { agent_id: 'by-http', duplicate: false } });
    expect(await rig.call('POST', `/councils/${council_id}/claims`, claim)).toMatchObject({ status: 202, body: { duplicate: true } });
    const stored = await lastMessageFor(rig.broker, STREAMS.claims.name, claimSubject(council_id, 'by-http'));
    expect(JSON.parse(new TextDecoder().decode(stored?.payload))).toMatchObject({ via: 'http', agent_id: 'by-http' });
    expect(await rig.call('POST', `/councils/${council_id}/claims`, { ...claim, council_id: 'other' })).toMatchObject({ status: 400 });
    const ahead = { ...claim, agent_id: 'ahead', attempt: 999 };
    expect(await rig.call('POST', `/councils/${council_id}/claims`, ahead)).toMatchObject({
      status: 400,
      body: { code: 'unknown_attempt' },
    });
    expect(await rig.call('POST', `/councils/${council_id}/claims`, { nothing: true })).toMatchObject({
      status: 400,
      body: { code: 'malformed_message' },
    });
  });

  it('gives up a claim that speaks for another agent, keeps it as a dead letter, and goes on', async () => {
    const { body } = await post(valid);
    const council_id: string = body.council_id;
    const forged = exampleOf(RoleClaim, { council_id, agent_id: 'victim' });
    const { publisher } = rig;
    await publisher.publish(claimSubject(council_id, 'forger'), encode(forged), { messageId: messageIdOfTest() });
    await publisher.publish(claimSubject(council_id, 'garbler'), new TextEncoder().encode('{'), { messageId: messageIdOfTest() });
    const letters = await eventually(
      async () => {
        const all = await messagesFor(rig.broker, STREAMS.deadLetters.name, 'chorus.dlq.>');
        const ours = all.filter(({ headers }) => headers['Dead-Letter-Subject']?.includes(council_id));
        return ours.length >= 2 && ours;
      },
      { what: 'both are dead letters' },
    );
    expect(letters).toHaveLength(2);
    expect(letters.map(({ headers }) => headers['Dead-Letter-Code'])).toEqual(
      expect.arrayContaining(['claim_identity_mismatch', 'malformed_message']),
    );
    const honest = exampleOf(RoleClaim, { council_id, agent_id: 'honest', attempt: 1 });
    await publisher.publish(claimSubject(council_id, 'honest'), encode(honest), { messageId: messageIdOfTest() });
    await eventually(
      async () => {
        const ledger = await rig.call('GET', `/councils/${council_id}/deliveries`);
        return ledger.body.attempts[0].deliveries.some((line: { agent_id: string }) => line.agent_id === 'honest');
      },
      { what: 'the honest claim counts' },
    );
  });

  it('says what it is: health, metrics from zero, and an OpenAPI document', async () => {
    const port = rig.coordinators[0]?.port;
    const text = async (path: string) => (await fetch(`http://127.0.0.1:${port}${path}`)).text();
    expect(JSON.parse(await text('/health/live'))).toMatchObject({ status: 'ok' });
    expect(JSON.parse(await text('/health/ready'))).toMatchObject({ status: 'ok', checks: { nats: { ok: true } } });
    const metrics = await text('/metrics');
    for (const name of [
      'whoosh_agent_discovery_total{method="nats"}',
      'whoosh_nats_publish_errors_total 0',
      'nats_connections{name="WHOOSH Council Publisher"} 1',
    ]) {
      expect(metrics).toContain(name);
    }
    expect(Object.keys(JSON.parse(await text('/docs-json')).paths)).toEqual(
      expect.arrayContaining(['/api/v1/councils', '/api/v1/councils/{id}/deliveries', '/api/v1/stream']),
    );
    expect(await text('/docs')).toContain('swagger');
  });
});
