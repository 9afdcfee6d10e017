import {
  AgentPresence,
  claimSubject,
  CouncilOpportunity,
  CouncilStatusUpdate,
  decode,
  encode,
  formingSubject,
  offerSubject,
  RoleClaim,
  RoleOffer,
  RoleOfferReply,
  statusSubject,
  SUBJECTS,
  validate,
} from '@whoosh/council-contracts';
import { ReferenceAgent } from './reference-agent.js';
import type { ReferenceAgentOptions } from './reference-agent.js';
import type { PortMessage, ReferenceAgentPort } from './reference-agent.port.js';

/** A broker of one agent, in memory. */
class PortInMemory implements ReferenceAgentPort {
  readonly published: { subject: string; payload: Uint8Array; messageId: string }[] = [];
  readonly keys = new Map<string, AgentPresence>();
  readonly followers = new Map<string, (message: PortMessage) => Promise<void>>();
  readonly responders = new Map<string, (message: PortMessage) => Promise<Uint8Array | undefined>>();

  async publish(subject: string, payload: Uint8Array, { messageId }: { messageId: string }): Promise<void> {
    this.published.push({ subject, payload, messageId });
  }
  async follow(_stream: string, subject: string, onMessage: (message: PortMessage) => Promise<void>) {
    this.followers.set(subject, onMessage);
    return { stop: async () => this.followers.delete(subject) };
  }
  respond(subject: string, answer: (message: PortMessage) => Promise<Uint8Array | undefined>) {
    this.responders.set(subject, answer);
    return { stop: async () => this.responders.delete(subject) };
  }
  async put(_bucket: string, key: string, payload: Uint8Array): Promise<void> {
    this.keys.set(key, decode(AgentPresence, payload));
  }
  async remove(_bucket: string, key: string): Promise<void> {
    this.keys.delete(key);
  }
}

const opportunity = validate(CouncilOpportunity, {
  council_id: 'c1',
  project_name: 'p',
  core_roles: [
    { role_name: 'tpm', required: true, required_skills: [] },
    { role_name: 'developer', required: true, required_skills: [] },
  ],
  formation_deadline: '2026-01-01T10:01:00.000Z',
  created_at: '2026-01-01T10:00:00.000Z',
});
const offer = validate(RoleOffer, {
  offer_id: 'o1',
  council_id: 'c1',
  role_name: 'tpm',
  generation: 1,
  offer_expires_at: '2026-01-01T10:00:02.000Z',
  opportunity,
});
const message = (subject: string, body: object): PortMessage => ({ subject, payload: encode(body), headers: {} });

async function aReferenceAgent(options: Partial<ReferenceAgentOptions> = {}) {
  const port = new PortInMemory();
  const agent = await new ReferenceAgent({ port, agentId: 'r1', instanceId: 'i1', ...options }).start();
  return {
    port,
    agent,
    announce: () => port.followers.get(SUBJECTS.forming.pattern)?.(message(formingSubject, opportunity)),
    tell: (update: object) =>
      port.followers.get(SUBJECTS.status.pattern)?.(
        message(
          statusSubject('c1'),
          validate(CouncilStatusUpdate, {
            council_id: 'c1',
            reach: { expected: 1, answered: 1 },
            updated_at: '2026-01-01T10:00:03.000Z',
            ...update,
          }),
        ),
      ),
    offer: async () => {
      const reply = await port.responders.get(offerSubject('r1'))?.(message(offerSubject('r1'), offer));
      return reply === undefined ? undefined : decode(RoleOfferReply, reply);
    },
  };
}

describe('a reference agent', () => {
  it('is there as soon as it has started', async () => {
    const { port } = await aReferenceAgent({ maxTasks: 2 });
    expect(port.keys.get('r1')).toMatchObject({ agent_id: 'r1', instance_id: 'i1', state: 'ready', max_tasks: 2 });
  });

  it('records opportunities and claims its roles', async () => {
    const { port, agent, announce } = await aReferenceAgent({ roles: ['tpm'] });
    await announce();
    const [published] = port.published;
    expect([published?.subject, published?.messageId]).toEqual([claimSubject('c1', 'r1'), 'c1:claim:1:r1:i1']);
    expect(decode(RoleClaim, published?.payload ?? new Uint8Array())).toMatchObject({
      response: 'claim',
      bids: [{ role_name: 'tpm', confidence: 1 }],
    });
    expect(agent.opportunities.map(({ council_id }) => council_id)).toEqual(['c1']);
  });

  it('answers as its script says, or not at all', async () => {
    const declining = await aReferenceAgent({ script: { answer: () => ({ response: 'decline', bids: [], reason: 'asleep' }) } });
    await declining.announce();
    expect(declining.agent.claims).toMatchObject([{ response: 'decline', reason: 'asleep' }]);
    const silent = await aReferenceAgent({ script: { answer: () => 'silent' } });
    await silent.announce();
    expect([silent.agent.opportunities.length, silent.port.published.length]).toEqual([1, 0]);
  });

  it('accepts offers and tells what it holds, until a status says otherwise', async () => {
    const { port, agent, offer, tell } = await aReferenceAgent();
    expect(await offer()).toMatchObject({ accept: true, offer_id: 'o1', instance_id: 'i1' });
    expect(port.keys.get('r1')?.holding).toEqual([{ council_id: 'c1', role_name: 'tpm', generation: 1, progress: 'assigned' }]);
    await agent.report('c1', 'done');
    expect(port.keys.get('r1')).toMatchObject({ current_tasks: 0, holding: [{ progress: 'done' }] });
    await tell({ status: 'active', revision: 2, roles: [{ role_name: 'tpm', state: 'filled', generation: 1, agent_id: 'r1' }] });
    expect(agent.holding()).toHaveLength(1);
    await tell({ status: 'degraded', revision: 3, roles: [{ role_name: 'tpm', state: 'open', generation: 2 }] });
    expect([agent.holding(), port.keys.get('r1')?.holding, agent.statuses.length]).toEqual([[], [], 2]);
  });

  it.each([
    ['refuses with a reason', 'busy', { accept: false, reason: 'busy' }],
    ['refuses', false, { accept: false, reason: 'refused by the script' }],
  ])('%s when its script says so', async (_what, decision, expected) => {
    const { offer } = await aReferenceAgent({ script: { onOffer: () => decision } });
    expect(await offer()).toMatchObject(expected);
  });

  it('leaves an offer unanswered when its script says so', async () => {
    const { offer, agent } = await aReferenceAgent({ script: { onOffer: () => 'silent' } });
    expect([await offer(), agent.offers.length]).toEqual([undefined, 1]);
  });

  it('leaves no key when it leaves, and a stale one when it vanishes', async () => {
    const leaving = await aReferenceAgent();
    await leaving.agent.leave();
    expect([leaving.port.keys.size, leaving.port.followers.size, leaving.port.responders.size]).toEqual([0, 0, 0]);
    const crashed = await aReferenceAgent();
    await crashed.agent.vanish();
    expect([crashed.port.keys.size, crashed.port.followers.size]).toEqual([1, 0]);
  });
});
