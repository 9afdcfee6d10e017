import { decode, encode, validate } from './codec.js';
import { MalformedMessageError, type Violation } from './errors.js';
import { exampleOf } from './examples.js';
import { AgentPresence } from './messages/agent-presence.message.js';
import { CouncilOpportunity } from './messages/council-opportunity.message.js';
import { CouncilRole } from './messages/council-role.message.js';
import { LIMITS } from './messages/limits.js';
import type { MessageClass } from './messages/message-class.js';
import { RoleClaim } from './messages/role-claim.message.js';
import { RoleOffer } from './messages/role-offer.message.js';

const bytes = (text: string) => new TextEncoder().encode(text);

/** What the older broadcaster publishes: none of the fields that came later. */
const UPSTREAM = {
  council_id: 'council-1',
  project_name: 'Payments API',
  repository: 'https://git.example.org/acme/payments',
  project_brief: '',
  core_roles: [{ role_name: 'tpm', required: true, required_skills: null }, { role_name: 'developer' }],
  optional_roles: null,
  ucxl_address: '',
  formation_deadline: '2026-03-02T10:01:00.123456789+01:00',
  created_at: '2026-03-02T09:00:00Z',
  metadata: null,
};

function violationsOf(act: () => unknown): readonly Violation[] {
  try {
    act();
  } catch (error) {
    if (error instanceof MalformedMessageError) return error.violations;
    throw error;
  }
  return [];
}

/** The violations of a message that differs from its golden example. */
function violationsWith<T extends object>(type: MessageClass<T>, changes: object): readonly Violation[] {
  return violationsOf(() => validate(type, { ...exampleOf(type), ...changes }));
}

describe('a received message', () => {
  it('becomes an instance of its class, and so does what is nested in it', () => {
    const offer = decode(RoleOffer, encode(exampleOf(RoleOffer)));
    expect(offer).toBeInstanceOf(RoleOffer);
    expect(offer.opportunity).toBeInstanceOf(CouncilOpportunity);
    expect(offer.opportunity.core_roles[0]).toBeInstanceOf(CouncilRole);
  });

  it('may come from a service that knows none of the later fields', () => {
    const opportunity = decode(CouncilOpportunity, bytes(JSON.stringify(UPSTREAM)));
    expect(opportunity).toMatchObject({
      schema_version: '1.0',
      attempt: 1,
      reason: 'initial',
      open_roles: ['tpm', 'developer'],
      claim_window_ms: 5_000,
      response_jitter_ms: 0,
      optional_roles: [],
      metadata: {},
    });
    expect(opportunity.core_roles[1]).toEqual({ role_name: 'developer', required: true, required_skills: [] });
  });

  it('keeps the open roles that it names', () => {
    const opportunity = validate(CouncilOpportunity, { ...UPSTREAM, open_roles: ['tpm'] });
    expect(opportunity.open_roles).toEqual(['tpm']);
  });

  it('keeps zero and false, which are values', () => {
    const role = { role_name: 'tpm', required: false, required_skills: [] };
    const opportunity = validate(CouncilOpportunity, { ...UPSTREAM, core_roles: [role], claim_window_ms: 0 });
    expect(opportunity.claim_window_ms).toBe(0);
    expect(opportunity.core_roles[0]?.required).toBe(false);
  });

  it('may have fields that the class does not know: they are left out', () => {
    const source = { ...UPSTREAM, schema_version: '1.7', later: { field: 1 }, core_roles: [{ role_name: 'tpm', later: 1 }] };
    const opportunity = validate(CouncilOpportunity, source);
    expect(opportunity).not.toHaveProperty('later');
    expect(opportunity.core_roles[0]).not.toHaveProperty('later');
  });

  it('shares nothing with the object that it came from', () => {
    const source = { ...UPSTREAM, open_roles: ['tpm'], metadata: { labels: ['a'] } };
    const opportunity = validate(CouncilOpportunity, source);
    source.open_roles.push('developer');
    source.metadata.labels.push('b');
    expect(opportunity.open_roles).toEqual(['tpm']);
    expect(opportunity.metadata).toEqual({ labels: ['a'] });
  });

  it('does not share its defaults with the next one', () => {
    validate(CouncilOpportunity, UPSTREAM).optional_roles.push(new CouncilRole());
    expect(validate(CouncilOpportunity, UPSTREAM).optional_roles).toEqual([]);
  });

  it('cannot change the prototype of anything', () => {
    const json = JSON.stringify(UPSTREAM).replace(
      '"metadata":null',
      '"metadata":{"a":{"__proto__":{"polluted":true}},"__proto__":{"polluted":true}},"__proto__":{"polluted":true}',
    );
    const opportunity = decode(CouncilOpportunity, bytes(json));
    expect(Object.getPrototypeOf(opportunity)).toBe(CouncilOpportunity.prototype);
    expect(opportunity.metadata).toEqual({ a: {} });
    expect(Object.assign({}, opportunity.metadata, opportunity.metadata.a)).not.toHaveProperty('polluted');
    expect({}).not.toHaveProperty('polluted');
  });

  it('is encoded without the fields that are undefined', () => {
    const claim = exampleOf(RoleClaim, { reason: undefined, model: undefined });
    expect(new TextDecoder().decode(encode(claim))).not.toMatch(/"(reason|model)"/);
  });
});

describe('a malformed message', () => {
  it('names every violation with its path, also inside lists', () => {
    const source = {
      council_id: 'a.b',
      core_roles: [{ role_name: 'tpm' }, { role_name: 3, required_skills: ['ok', '', 7] }, 'developer', null],
      formation_deadline: 'tomorrow',
      created_at: '2026-03-02T09:00:00Z',
      attempt: 0,
      reason: 'boredom',
    };
    const violations = violationsOf(() => validate(CouncilOpportunity, source));
    expect(violations).toEqual([
      { path: 'council_id', message: 'must be 1 to 64 letters, digits, "_" and "-", but is text of 3 characters' },
      { path: 'project_name', message: 'must be one line of 1 to 200 characters, but is absent' },
      { path: 'core_roles[2]', message: 'must be an object, but is text of 9 characters' },
      { path: 'core_roles[3]', message: 'must be an object, but is null' },
      { path: 'core_roles[1].role_name', message: 'must be one line of 1 to 200 characters, but is 3' },
      { path: 'core_roles[1].required_skills[2]', message: 'must be one line of 1 to 200 characters, but is 7' },
      { path: 'core_roles[1].required_skills[1]', message: 'must be one line of 1 to 200 characters, but is empty text' },
      { path: 'formation_deadline', message: 'must be a time in RFC 3339, such as 2026-01-31T09:30:00.250Z, but is text of 8 characters' },
      { path: 'attempt', message: 'must be a whole number from 1, but is 0' },
      { path: 'reason', message: 'must be one of initial, reminder, reopen, but is text of 7 characters' },
    ]);
  });

  it('has an error that says all of it in one sentence, and what to do', () => {
    const act = () => validate(RoleOffer, { ...exampleOf(RoleOffer), offer_id: '', generation: 1.5 });
    expect(act).toThrow(
      'RoleOffer is malformed (2 violations): offer_id must be 1 to 64 letters, digits, "_" and "-", but is empty text; ' +
        'generation must be a whole number from 0, but is 1.5. Correct the sender; sending the same bytes again will not help.',
    );
    expect(act).toThrow(expect.objectContaining({ name: 'MalformedMessageError', code: 'malformed_message', messageType: 'RoleOffer' }));
  });

  it.each([
    ['nothing', '', 'the message must be JSON, but is empty'],
    ['half of a message', '{"council_id":"secret', 'the message must be JSON: '],
    ['plain text', 'hello', 'the message must be JSON: '],
    ['null', 'null', 'the message must be a JSON object, but is null'],
    ['a list', '[1,2]', 'the message must be a JSON object, but is a list of 2'],
    ['a text', '"text"', 'the message must be a JSON object, but is text of 4 characters'],
    ['a number', '17', 'the message must be a JSON object, but is 17'],
  ])('is recognised when the payload is %s', (_, payload, message) => {
    const violations = violationsOf(() => decode(RoleClaim, bytes(payload)));
    expect(violations).toEqual([{ path: '', message: expect.stringContaining(message) }]);
  });

  it('is recognised when the payload is no UTF-8', () => {
    const violations = violationsOf(() => decode(RoleClaim, Uint8Array.from([0x7b, 0xff, 0xfe, 0x7d])));
    expect(violations).toEqual([{ path: '', message: 'the message must be UTF-8 text' }]);
  });

  it('does not repeat the payload in its error', () => {
    for (const payload of ['password', '{"token":"password', '{"token":password}']) {
      expect(() => decode(RoleClaim, bytes(payload))).not.toThrow(/password|passw/);
      expect(violationsOf(() => decode(RoleClaim, bytes(payload)))).toHaveLength(1);
    }
  });

  it('has a role name twice, in one list or in both', () => {
    const role = (role_name: string) => ({ role_name });
    const inCore = violationsOf(() => validate(CouncilOpportunity, { ...UPSTREAM, core_roles: [role('tpm'), role('tpm')] }));
    const inBoth = violationsOf(() => validate(CouncilOpportunity, { ...UPSTREAM, optional_roles: [role('qa'), role('tpm')] }));
    expect(inCore).toEqual([{ path: 'core_roles', message: 'must not repeat a role name (tpm), but is a list of 2' }]);
    expect(inBoth).toEqual([{ path: 'optional_roles', message: 'must not repeat a role name (tpm), but is a list of 2' }]);
  });

  it('has a role name twice and says what else is wrong with the roles', () => {
    const roles = [{ role_name: 'tpm' }, { role_name: 'tpm', required: 'yes' }];
    const violations = violationsOf(() => validate(CouncilOpportunity, { ...UPSTREAM, core_roles: roles }));
    expect(violations.map(({ path }) => path)).toEqual(['core_roles', 'core_roles[1].required']);
  });

  it.each([
    ['no core role', { core_roles: [] }, ['core_roles']],
    ['core roles that are no list', { core_roles: { length: 1, 0: { role_name: 'tpm' } } }, ['core_roles']],
    ['a name of two lines', { project_name: 'Payments\r\nStatus: active' }, ['project_name']],
    ['another major version', { schema_version: '2.0' }, ['schema_version']],
    ['a brief of 1 MB', { project_brief: 'x'.repeat(1_000_000) }, ['project_brief']],
    ['a deadline without an offset', { formation_deadline: '2026-03-02T09:00:00' }, ['formation_deadline']],
    ['a deadline on no day', { formation_deadline: '2026-13-02T09:00:00Z' }, ['formation_deadline']],
    ['metadata that are a list', { metadata: [1] }, ['metadata']],
    ['an attempt too large to count', { attempt: 1e300 }, ['attempt']],
  ])('may be an opportunity with %s', (_, changes, paths) => {
    expect(violationsWith(CouncilOpportunity, changes).map(({ path }) => path)).toEqual(paths);
  });

  it.each([
    ['a confidence above 1', { bids: [{ role_name: 'tpm', confidence: 1.1 }] }, ['bids[0].confidence']],
    ['an agent id that is a wildcard', { agent_id: '*' }, ['agent_id']],
    ['no load', { load: undefined }, ['load']],
    ['a load that is a list', { load: [1, 4] }, ['load']],
    ['half a load', { load: { current_tasks: 1 } }, ['load.max_tasks']],
    ['an unknown answer', { response: 'maybe' }, ['response']],
  ])('may be a claim with %s', (_, changes, paths) => {
    expect(violationsWith(RoleClaim, changes).map(({ path }) => path)).toEqual(paths);
  });

  it('may be a presence that holds a role of no council', () => {
    const violations = violationsWith(AgentPresence, { holding: [{ role_name: 'tpm', generation: 1, progress: 'bored' }] });
    expect(violations.map(({ path }) => path)).toEqual(['holding[0].council_id', 'holding[0].progress']);
  });

  it('with a list of a million entries is refused without a remark on each', () => {
    const roles = new Array(1_000_000).fill({});
    expect(violationsWith(CouncilOpportunity, { core_roles: roles, open_roles: roles })).toHaveLength(2);
  });

  it('with metadata of endless depth is refused without an overflow', () => {
    const depth = 200_000;
    const json = JSON.stringify(UPSTREAM).replace('"metadata":null', `"metadata":{"a":${'['.repeat(depth)}${']'.repeat(depth)}}`);
    const violations = violationsOf(() => decode(CouncilOpportunity, bytes(json)));
    expect(violations).toEqual([
      { path: 'metadata', message: `must be an object that nests at most ${LIMITS.metadataDepth} deep, but is an object` },
    ]);
  });
});
