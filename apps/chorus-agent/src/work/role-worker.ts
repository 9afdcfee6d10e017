import type { CouncilOpportunity } from '@whoosh/council-contracts';

/** A role that this agent has, to be worked on. */
export interface Assignment {
  readonly councilId: string;
  readonly roleName: string;
  readonly generation: number;
  /** What the council was formed for, as the offer told it. */
  readonly opportunity: CouncilOpportunity;
}

/** Tells the council how far the work is: `working` when it began, `done` when it is through. */
export type WorkReport = (progress: 'working' | 'done') => void;

/** What an agent does with a role. Put a real worker behind this; everything else of the agent stays as it is. */
export interface RoleWorker {
  /**
   * Works on a role until it is done.
   * @param assignment what to do
   * @param signal aborted when the role is no longer this agent's (fenced, released, council over, agent leaving): stop within milliseconds
   * @param report tells progress to the coordinators; calls after the abort are ignored
   * @returns when the work is done, or soon after the abort; a return without a report of `done` counts as done
   * @throws when the work failed: the agent gives the role up, and the council finds another agent
   */
  work(assignment: Assignment, signal: AbortSignal, report: WorkReport): Promise<void>;
}
