import type { AgentPresence } from '@whoosh/council-contracts';
import { recordingLogger } from '../testing/fixtures.js';
import { PresenceBeacon } from './presence.beacon.js';
import type { PresenceStore, WriteOutcome } from './presence.store.js';

type Beat = Pick<AgentPresence, 'seq' | 'interval_ms' | 'started_at'>;

/** A beacon over a store in memory, whose next writes can be told to fail. */
function aBeacon(configuredMs = 20) {
  const beats: Beat[] = [];
  const outcomes: (() => Promise<WriteOutcome>)[] = [];
  let inFlight = 0;
  let mostInFlight = 0;
  let removed = 0;
  const store = {
    takeOver: async (startedAt: Date, describe: (at: Date) => AgentPresence) => void beats.push(describe(startedAt)),
    beat: async (presence: AgentPresence) => {
      inFlight += 1;
      mostInFlight = Math.max(mostInFlight, inFlight);
      beats.push(presence);
      await new Promise(setImmediate);
      inFlight -= 1;
      return (await outcomes.shift()?.()) ?? { outcome: 'written' };
    },
    remove: async () => void (removed += 1),
  } as unknown as PresenceStore;
  const state = { connected: true, overtakenBy: undefined as AgentPresence | undefined };
  const source = {
    describe: (beat: { seq: number; intervalMs: number; startedAt: Date }) =>
      ({ seq: beat.seq, interval_ms: beat.intervalMs, started_at: beat.startedAt.toISOString() }) as AgentPresence,
    isConnected: () => state.connected,
    onOvertaken: (by: AgentPresence) => (state.overtakenBy = by),
  };
  const { logger, lines } = recordingLogger();
  const beacon = new PresenceBeacon(store, source, { configuredMs, random: () => 0.5 }, logger);
  return { beacon, beats, outcomes, state, lines, mostInFlight: () => mostInFlight, removed: () => removed };
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 5_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error('the condition did not come true within 5 s');
    await new Promise(setImmediate);
  }
}

describe('a presence beacon', () => {
  it('beats at once at the start, then at its interval, counting', async () => {
    const { beacon, beats } = aBeacon();
    await beacon.start();
    expect(beats.map(({ seq }) => seq)).toEqual([0]);
    await until(() => beats.length >= 3);
    await beacon.silence();
    expect(beats.slice(0, 3).map(({ seq }) => seq)).toEqual([0, 1, 2]);
    expect(new Set(beats.map(({ started_at }) => started_at)).size).toBe(1);
  });

  it('beats at once when something changes, and once for several changes', async () => {
    const { beacon, beats, mostInFlight } = aBeacon(3_600_000);
    await beacon.start();
    for (let change = 0; change < 5; change += 1) beacon.beatNow();
    await until(() => beats.length === 2);
    for (let change = 0; change < 5; change += 1) beacon.beatNow();
    await until(() => beats.length === 3);
    await beacon.silence();
    expect([beats.length, mostInFlight()]).toEqual([3, 1]);
  });

  it('beats less often in a large fleet', async () => {
    const { beacon, beats } = aBeacon(10_000);
    beacon.learnFleetSize(1_000);
    await beacon.start();
    await beacon.silence();
    expect(beats[0]?.interval_ms).toBe(20_000);
  });

  it('does not pile beats up while the broker is away', async () => {
    const { beacon, beats, state } = aBeacon(1);
    await beacon.start();
    state.connected = false;
    for (let turn = 0; turn < 20; turn += 1) {
      beacon.beatNow();
      await new Promise(setImmediate);
    }
    const sent = beats.length;
    state.connected = true;
    beacon.beatNow();
    await until(() => beats.length > sent);
    await beacon.silence();
    expect(sent).toBeLessThanOrEqual(2);
  });

  it('tries again when a beat could not be written', async () => {
    const { beacon, beats, outcomes, lines } = aBeacon();
    outcomes.push(() => Promise.reject(new Error('timeout')));
    await beacon.start();
    await until(() => beats.length >= 3);
    await beacon.silence();
    expect(lines.map(({ sentence }) => sentence)).toEqual(['Presence could not be written, it is tried again']);
    expect(beats.slice(0, 3).map(({ seq }) => seq)).toEqual([0, 1, 1]);
  });

  it('is silent for ever once a newer process has the agent id', async () => {
    const { beacon, beats, outcomes, state } = aBeacon(1);
    const newer = { instance_id: 'newer' } as AgentPresence;
    outcomes.push(() => Promise.resolve({ outcome: 'overtaken', by: newer }));
    await beacon.start();
    await until(() => state.overtakenBy === newer);
    const sent = beats.length;
    beacon.beatNow();
    await beacon.silence();
    expect(beats.length).toBe(sent);
  });

  it('ends with a last beat and the deletion of its key', async () => {
    const { beacon, beats, removed } = aBeacon(3_600_000);
    await beacon.start();
    await beacon.sayLeaving();
    await beacon.remove();
    expect([beats.length, removed()]).toEqual([2, 1]);
  });

  it('deletes nothing when it never began', async () => {
    const { beacon, removed } = aBeacon();
    await beacon.sayLeaving();
    await beacon.remove();
    expect(removed()).toBe(0);
  });
});
