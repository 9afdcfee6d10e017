/** Whether the agent takes part: `leaving` once it was told to stop, `fenced` once a newer process has its id. */
export type StandingState = 'serving' | 'leaving' | 'fenced';

/** The one place that says whether this agent still takes part in councils; everything that answers asks here. */
export class Standing {
  private state: StandingState = 'serving';
  private why: string | undefined;
  private readonly over = new AbortController();

  /** What holds now. */
  get current(): StandingState {
    return this.state;
  }

  /** Why it does not serve; `undefined` while it does. */
  get reason(): string | undefined {
    return this.why;
  }

  /** Aborted when the agent stops serving, so that nothing waits longer than it must. */
  get ended(): AbortSignal {
    return this.over.signal;
  }

  /** It was told to stop. A fenced agent stays fenced: it must not touch what belongs to its successor. */
  leave(): void {
    if (this.state === 'serving') this.end('leaving', 'the agent is leaving');
  }

  /**
   * A newer process has its id. There is no way back but a restart.
   * @param reason names the other process
   */
  fence(reason: string): void {
    if (this.state !== 'fenced') this.end('fenced', reason);
  }

  private end(state: StandingState, reason: string): void {
    this.state = state;
    this.why = reason;
    this.over.abort();
  }
}
