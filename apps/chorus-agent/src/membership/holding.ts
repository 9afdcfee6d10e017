/** A role of a council that this agent has accepted. One per council. */
export interface Holding {
  readonly councilId: string;
  readonly roleName: string;
  readonly generation: number;
  readonly phase: HoldingPhase;
  /** When a reservation that nobody confirms ends, in milliseconds since 1970; only meaningful in phase `reserved`. */
  readonly reservedUntilMs: number;
}

/**
 * `reserved`: the offer was accepted, no status has confirmed it; `assigned`: confirmed, the worker has not begun;
 * `working`; `done`: the worker is through, the council does not know yet.
 */
export type HoldingPhase = 'reserved' | 'assigned' | 'working' | 'done';

/** Whether a holding takes one of the agent's slots: until its work is done. */
export function takesSlot(holding: Holding): boolean {
  return holding.phase !== 'done';
}

/** What presence tells of a holding: a reservation counts as assigned. */
export function progressOf(holding: Holding): 'assigned' | 'working' | 'done' {
  return holding.phase === 'reserved' ? 'assigned' : holding.phase;
}
