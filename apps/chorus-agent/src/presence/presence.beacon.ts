import { setTimeout as delay } from 'node:timers/promises';
import type { AgentPresence } from '@whoosh/council-contracts';
import { backoffDelays } from '@whoosh/service-runtime';
import type { Logger } from '@whoosh/service-runtime';
import { nextBeatInMs, presenceIntervalMs } from './presence-schedule.js';
import type { PresenceStore } from './presence.store.js';

/** What the beacon asks of the agent. */
export interface BeaconSource {
  /** The beat as it stands now. */
  describe(beat: { seq: number; intervalMs: number; startedAt: Date }): AgentPresence;
  /** Whether the broker can be written to: beats while it is away are not sent later. */
  isConnected(): boolean;
  /** A newer process has the agent id. Called once; no beat follows. */
  onOvertaken(by: AgentPresence): void;
}

/** When the beacon beats. */
export interface BeaconSchedule {
  /** The least time between beats, as configured. */
  readonly configuredMs: number;
  /** 0 ≤ r < 1 */
  readonly random: () => number;
}

const RETRY = { baseMs: 500, capMs: 10_000 };

/** Says that the agent is there: at once at the start and at each change, else at its interval. One beat is in flight at a time. */
export class PresenceBeacon {
  private seq = 0;
  private announcedAt = new Date();
  private fleetSize = 0;
  private due = false;
  private wake = new AbortController();
  private readonly over = new AbortController();
  private running: Promise<void> | undefined;
  private lastBeat: Date | undefined;

  constructor(
    private readonly store: PresenceStore,
    private readonly source: BeaconSource,
    private readonly schedule: BeaconSchedule,
    private readonly logger: Logger,
  ) {}

  /** The start time that this process announces: it decides between two processes with one agent id. */
  get startedAt(): Date {
    return this.announcedAt;
  }

  /** When the last beat was stored; `undefined` before the first. */
  get lastBeatAt(): Date | undefined {
    return this.lastBeat;
  }

  /** Milliseconds between beats at the present size of the fleet. */
  get intervalMs(): number {
    return presenceIntervalMs(this.schedule.configuredMs, this.fleetSize);
  }

  /** The beat as it stands now. */
  describe(): AgentPresence {
    return this.source.describe({ seq: this.seq, intervalMs: this.intervalMs, startedAt: this.startedAt });
  }

  /**
   * Writes the first beat and goes on beating.
   * @returns the presence that another process had under the agent id; `undefined`: none
   */
  async start(): Promise<AgentPresence | undefined> {
    const predecessor = await this.store.takeOver(this.announcedAt, (startAt) => {
      this.announcedAt = startAt;
      return this.describe();
    });
    this.stored();
    this.running = this.loop();
    return predecessor;
  }

  /** How many agents there are, as coordinators say; a large fleet beats less often. */
  learnFleetSize(agents: number): void {
    this.fleetSize = agents;
  }

  /** Something changed that others should know at once. Several changes at once make one beat. */
  beatNow(): void {
    this.due = true;
    this.wake.abort();
  }

  /** Ends the beating; nothing is written any more. */
  async silence(): Promise<void> {
    this.over.abort();
    this.wake.abort();
    await this.running;
  }

  /** Ends the beating with a last beat, which says `leaving`. */
  async sayLeaving(): Promise<void> {
    await this.silence();
    if (this.running !== undefined && this.source.isConnected()) await this.beat();
  }

  /** Deletes the key, unless another process has it by now. */
  async remove(): Promise<void> {
    if (this.running !== undefined && this.source.isConnected()) await this.store.remove();
  }

  private async loop(): Promise<void> {
    let beats = 1;
    let retries = backoffDelays(RETRY);
    let waitMs = nextBeatInMs(this.intervalMs, beats, this.schedule.random);
    while (!this.over.signal.aborted) {
      await this.rest(waitMs);
      if (this.over.signal.aborted) return;
      this.due = false;
      const written = this.source.isConnected() ? await this.beat() : true;
      if (written === undefined) return;
      if (written) retries = backoffDelays(RETRY);
      beats += 1;
      const nextMs = nextBeatInMs(this.intervalMs, beats, this.schedule.random);
      waitMs = written ? nextMs : Math.min(nextMs, retries.next().value);
    }
  }

  /** @returns whether the beat was stored; `undefined` when a newer process has the agent id */
  private async beat(): Promise<boolean | undefined> {
    try {
      const written = await this.store.beat(this.describe());
      if (written.outcome === 'written') {
        this.stored();
        return true;
      }
      this.source.onOvertaken(written.by);
      return undefined;
    } catch (error) {
      this.logger.warn({ error: error instanceof Error ? error.message : error }, 'Presence could not be written, it is tried again');
      return false;
    }
  }

  private stored(): void {
    this.seq += 1;
    this.lastBeat = new Date();
  }

  private async rest(waitMs: number): Promise<void> {
    if (this.due) return;
    this.wake = new AbortController();
    await delay(waitMs, undefined, { signal: this.wake.signal, ref: false }).catch(() => undefined);
  }
}
