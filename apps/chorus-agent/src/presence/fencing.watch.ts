import { AgentPresence, decode } from '@whoosh/council-contracts';
import { listen } from '@whoosh/jetstream';
import type { Broker } from '@whoosh/jetstream';
import { isNewer } from './instance-order.js';
import type { Instance } from './instance-order.js';
import type { PresenceBeacon } from './presence.beacon.js';
import { instanceOf } from './presence.store.js';

/** What a write to the agent's own key means for this process. */
export type KeyEvent = 'own' | 'overtaken' | 'stale-writer' | 'deleted';

/**
 * What a write to the agent's own key means.
 * `overtaken`: a newer process has the id. `stale-writer`: an older one wrote and does not know of this one yet.
 * @param written the value; `undefined` when the key was deleted
 * @param mine this process, with the start time that it announced
 */
export function judgeWrite(written: AgentPresence | undefined, mine: Instance): KeyEvent {
  if (written === undefined) return 'deleted';
  if (written.instance_id === mine.instanceId) return 'own';
  return isNewer(instanceOf(written), mine) ? 'overtaken' : 'stale-writer';
}

/** Watches the agent's own key on the wire, so that an overtaken process knows within milliseconds and not at its next beat. */
export class FencingWatch {
  private running: { stop(): Promise<void> } | undefined;

  /** @param keySubject the subject that writes of the key go to */
  constructor(
    private readonly broker: Broker,
    private readonly keySubject: string,
    private readonly instanceId: string,
    private readonly beacon: PresenceBeacon,
  ) {}

  /** @param onOvertaken called for each write of a newer process */
  start(onOvertaken: (by: AgentPresence) => void): void {
    this.running = listen(this.broker, this.keySubject, ({ payload }) => this.judge(payload, onOvertaken));
  }

  async stop(): Promise<void> {
    const running = this.running;
    this.running = undefined;
    await running?.stop();
  }

  private judge(payload: Uint8Array, onOvertaken: (by: AgentPresence) => void): void {
    const written = readPresence(payload);
    if (written === 'unreadable') return this.beacon.beatNow();
    switch (judgeWrite(written, { instanceId: this.instanceId, startedAt: this.beacon.startedAt })) {
      case 'own':
        return;
      case 'overtaken':
        if (written !== undefined) onOvertaken(written);
        return;
      case 'stale-writer':
      case 'deleted':
        // The next beat restores the key, and tells an older process by its failed compare-and-set.
        return this.beacon.beatNow();
    }
  }
}

/** A deletion has no payload. */
function readPresence(payload: Uint8Array): AgentPresence | undefined | 'unreadable' {
  if (payload.length === 0) return undefined;
  try {
    return decode(AgentPresence, payload);
  } catch {
    return 'unreadable';
  }
}
