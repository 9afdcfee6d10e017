/**
 * Remembers which messages of a stream were delivered and which of them are settled, so that a consumer which vanished with its
 * server can be created again from the right place: nothing is lost, and what is settled is not handled twice.
 */
export class SettledFloor {
  private highest: number | undefined;
  private readonly unsettled = new Set<number>();

  /** A message arrived, for the first time or again. */
  delivered(sequence: number): void {
    if (this.highest === undefined || sequence > this.highest) this.highest = sequence;
    this.unsettled.add(sequence);
  }

  /** A message needs no further delivery. One that will be redelivered is not settled. */
  settled(sequence: number): void {
    this.unsettled.delete(sequence);
  }

  /** Whether this message was delivered and settled before. */
  isSettled(sequence: number): boolean {
    return this.highest !== undefined && sequence <= this.highest && !this.unsettled.has(sequence);
  }

  /**
   * The last sequence below which nothing is open.
   * @returns `undefined` when nothing was ever delivered
   */
  floor(): number | undefined {
    if (this.unsettled.size === 0) return this.highest;
    let lowest = Infinity;
    for (const sequence of this.unsettled) if (sequence < lowest) lowest = sequence;
    return lowest - 1;
  }

  /** Forgets everything: the stream is another one now. */
  reset(): void {
    this.highest = undefined;
    this.unsettled.clear();
  }
}
