import { agentKey } from '@whoosh/council-contracts';
import type { AgentPresence } from '@whoosh/council-contracts';
import { RevisionConflictError, UndecodableDocumentError } from '@whoosh/jetstream';
import type { DocumentBucket } from '@whoosh/jetstream';
import { isNewer, takeOverAt } from './instance-order.js';
import type { Instance } from './instance-order.js';

/** What a write of presence came to. `overtaken`: a newer process has the agent id. */
export type WriteOutcome = { readonly outcome: 'written' } | { readonly outcome: 'overtaken'; readonly by: AgentPresence };

/** Who wrote a presence. */
export function instanceOf(presence: AgentPresence): Instance {
  return { instanceId: presence.instance_id, startedAt: new Date(presence.started_at) };
}

/** The one key of this agent in the bucket of agents, written by compare-and-set so that two processes with one id notice each other. */
export class PresenceStore {
  private revision = 0;

  constructor(
    private readonly bucket: DocumentBucket<AgentPresence>,
    private readonly agentId: string,
    private readonly instanceId: string,
  ) {}

  /**
   * Takes the key over, whoever has it: a starting process is the newest.
   * @param startedAt when this process started, by its own clock
   * @param describe the first beat, given the start time to announce
   * @returns the presence of the process that had the key; `undefined`: none
   */
  async takeOver(startedAt: Date, describe: (startAt: Date) => AgentPresence): Promise<AgentPresence | undefined> {
    for (;;) {
      const found = await this.read();
      const predecessor = found.presence?.instance_id === this.instanceId ? undefined : found.presence;
      const announced = takeOverAt(startedAt, predecessor && instanceOf(predecessor));
      try {
        await this.write(describe(announced), found.revision);
        return predecessor;
      } catch (error) {
        // Another process wrote in between: look again, and announce a start after its.
        if (!(error instanceof RevisionConflictError)) throw error;
      }
    }
  }

  /**
   * Writes a beat.
   * @throws BrokerError when the outcome is not known; the next beat finds out
   */
  async beat(presence: AgentPresence): Promise<WriteOutcome> {
    for (;;) {
      try {
        await this.write(presence, this.revision);
        return { outcome: 'written' };
      } catch (error) {
        if (!(error instanceof RevisionConflictError)) throw error;
        const found = await this.read();
        if (found.presence && found.presence.instance_id !== this.instanceId && isNewer(instanceOf(found.presence), instanceOf(presence)))
          return { outcome: 'overtaken', by: found.presence };
        // Gone (deleted, or collected by age), an own write whose answer was lost, or an older process that does not know of this one.
        this.revision = found.revision;
      }
    }
  }

  /** Deletes the key, unless another process has it by now. */
  async remove(): Promise<void> {
    try {
      await this.bucket.delete(agentKey(this.agentId), this.revision);
    } catch (error) {
      if (!(error instanceof RevisionConflictError)) throw error;
      const found = await this.read();
      if (found.presence?.instance_id === this.instanceId) await this.bucket.delete(agentKey(this.agentId), found.revision);
    }
  }

  /** Revision 0: there is none. What cannot be read belongs to nobody and is written over. */
  private async read(): Promise<{ readonly presence?: AgentPresence; readonly revision: number }> {
    try {
      const found = await this.bucket.get(agentKey(this.agentId));
      return found ? { presence: found.value, revision: found.revision } : { revision: 0 };
    } catch (error) {
      if (error instanceof UndecodableDocumentError) return { revision: error.revision };
      throw error;
    }
  }

  private async write(presence: AgentPresence, expected: number): Promise<void> {
    const key = agentKey(this.agentId);
    this.revision = expected === 0 ? await this.bucket.create(key, presence) : await this.bucket.update(key, presence, expected);
  }
}
