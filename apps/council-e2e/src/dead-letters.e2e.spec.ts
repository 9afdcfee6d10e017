import { randomUUID } from 'node:crypto';
import {
  claimSubject,
  deadLetterSubject,
  encode,
  exampleOf,
  formingSubject,
  offerSubject,
  RoleClaim,
  statusSubject,
  STREAMS,
  SUBJECTS,
} from '@whoosh/council-contracts';
import { type Broker, DEAD_LETTER_HEADER, messagesFor, openRawConnection, request, type StoredMessage } from '@whoosh/jetstream';
import { eventually } from '@whoosh/testing';
import { Rig } from './harness/rig.js';

const AGENTS = ['agent-1', 'agent-2'];
const bytes = (text: string) => new TextEncoder().encode(text);
const COUNCIL = 'c-nobody';

/** Each way in, who listens there and gives up. */
const DOORS = [
  { door: 'the subject of opportunities', subject: formingSubject, sources: AGENTS },
  { door: 'the older subject of opportunities', subject: SUBJECTS.formingPerCouncil.pattern.replace('*', COUNCIL), sources: AGENTS },
  { door: 'the status of a council', subject: statusSubject(COUNCIL), sources: AGENTS },
  { door: 'the claims', subject: claimSubject(COUNCIL, 'agent-1'), sources: ['whoosh'] },
];

describe('a message that cannot be understood', () => {
  const rig = new Rig({ coordinators: 2, agents: AGENTS, agentSettings: { CHORUS_MAX_TASKS: '100' } });
  let broker: Broker;
  let raw: Awaited<ReturnType<typeof openRawConnection>>;
  beforeAll(async () => {
    await rig.start();
    broker = await rig.broker();
    raw = await openRawConnection({ servers: [rig.natsUrl], name: 'a stranger' });
  });
  afterAll(async () => {
    await raw?.close();
    await rig.stop();
  });
  // The consumers go on: what is sound is heard by everybody.
  afterEach(async () => {
    const id = await rig.api().request({});
    await rig.api(1).reaches(id, 'active', ({ reach }) => reach.answered === 2);
  });

  /** The dead letters of one source about a subject, once there is one with this payload size or mark. */
  async function deadLetters(source: string, subject: string, mark: (letter: StoredMessage) => boolean): Promise<StoredMessage[]> {
    return eventually(
      async () => {
        const letters = await messagesFor(broker, STREAMS.deadLetters.name, deadLetterSubject(source));
        const found = letters.filter((letter) => letter.headers[DEAD_LETTER_HEADER.subject] === subject && mark(letter));
        return found.length > 0 ? found : false;
      },
      { what: `a dead letter of ${source} about ${subject}`, intervalMs: 50 },
    );
  }

  it.each(DOORS)('on $door becomes one dead letter for each who listens, with its bytes, its headers and the reason', async (door) => {
    const payload = bytes(`{"council_id": not JSON ${randomUUID()}`);
    raw.publish(door.subject, payload);
    await raw.flush();

    for (const source of door.sources) {
      const letters = await deadLetters(source, door.subject, (letter) => Buffer.compare(letter.payload, payload) === 0);
      expect(letters.length).toBe(1);
      expect(letters[0]?.headers).toMatchObject({
        [DEAD_LETTER_HEADER.code]: 'malformed_message',
        [DEAD_LETTER_HEADER.reason]: expect.stringContaining('JSON') as string,
        [DEAD_LETTER_HEADER.source]: source,
        [DEAD_LETTER_HEADER.deliveries]: '1',
      });
    }
  });

  it.each(DOORS)('and is as large as the broker takes, on $door, becomes a dead letter that says how much was cut off', async (door) => {
    const size = broker.serverInfo.maxPayloadBytes;
    raw.publish(door.subject, new Uint8Array(size).fill(0x78));
    await raw.flush();

    for (const source of door.sources) {
      const wasCut = ({ headers }: StoredMessage) => headers[DEAD_LETTER_HEADER.truncatedFrom] === String(size);
      const [letter] = await deadLetters(source, door.subject, wasCut);
      expect(letter?.payload.length).toBeGreaterThan(size / 2);
    }
  });

  it.each([
    ['nothing at all', ''],
    ['a list', '[]'],
    ['null', 'null'],
    ['an empty object', '{}'],
    ['a number', '42'],
  ])('because it is %s becomes a dead letter that names what is missing', async (_what, text) => {
    raw.publish(formingSubject, bytes(text));
    await raw.flush();

    const [letter] = await deadLetters('agent-1', formingSubject, ({ payload }) => new TextDecoder().decode(payload) === text);
    expect(letter?.headers[DEAD_LETTER_HEADER.code]).toBe('malformed_message');
    expect(letter?.headers[DEAD_LETTER_HEADER.reason]).toMatch(/CouncilOpportunity/);
  });

  it('because a claim is another agent’s than its subject says becomes a dead letter and no bid', async () => {
    const id = await rig.api().request({ core_roles: [{ role_name: 'pilot', required_skills: ['flying'] }], claim_window_ms: 60_000 });
    const bids = [{ role_name: 'pilot', confidence: 1 }];
    const forged = exampleOf(RoleClaim, { council_id: id, agent_id: 'agent-2', response: 'claim', bids });
    raw.publish(claimSubject(id, 'agent-1'), encode(forged));
    await raw.flush();

    const [letter] = await deadLetters('whoosh', claimSubject(id, 'agent-1'), () => true);
    expect(letter?.headers).toMatchObject({
      [DEAD_LETTER_HEADER.code]: 'claim_identity_mismatch',
      [DEAD_LETTER_HEADER.reason]: expect.stringContaining('agent-2') as string,
    });
    expect(await rig.api().council(id)).toMatchObject({ status: 'forming', roles: [{ role_name: 'pilot', state: 'open' }] });
    await rig.api().send('DELETE', `/api/v1/councils/${id}`);
  });

  it('because an offer is malformed is refused with the reason, and kept as a dead letter', async () => {
    const reply = await request(broker, offerSubject('agent-1'), bytes('{"offer_id":"o-1"}'), { timeoutMs: 2_000 });
    const refusal = JSON.parse(new TextDecoder().decode(reply.payload)) as { offer_id: string; accept: boolean; reason: string };
    expect(refusal).toMatchObject({ offer_id: 'o-1', accept: false, reason: expect.stringContaining('role_name') as string });
    await deadLetters('agent-1', offerSubject('agent-1'), () => true);
  });

  it('is an ERROR line of whoever gave it up, which names the dead letter', () => {
    const [line] = rig.agent('agent-1').process.lines('Gave up a message: it is kept as a dead letter', { subject: formingSubject });
    expect(line).toMatchObject({ level: 'error', code: 'malformed_message', dead_letter: deadLetterSubject('agent-1') });
  });
});
