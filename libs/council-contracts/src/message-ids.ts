/**
 * Message ids come from the fact that is published, never from chance: publishing the same fact again stores it once.
 * @source protocol.md, "Headers" and "Delivery"
 */

/** The id of an opportunity. A deliberate re-announcement is a new attempt, so it has a new id. */
export function formingMessageId(councilId: string, attempt: number): string {
  return `${councilId}:forming:${attempt}`;
}

/** The id of a change of status. */
export function statusMessageId(councilId: string, revision: number): string {
  return `${councilId}:status:${revision}`;
}

/** The id of an agent's answer. A restarted agent is a new instance, so it may answer again. */
export function claimMessageId(councilId: string, attempt: number, agentId: string, instanceId: string): string {
  return `${councilId}:claim:${attempt}:${agentId}:${instanceId}`;
}

/**
 * The id of a dead letter.
 * @param stream the stream of the message that was given up on
 * @param sequence its sequence there
 * @param source who gave up
 */
export function deadLetterMessageId(stream: string, sequence: number, source: string): string {
  return `dlq:${stream}:${sequence}:${source}`;
}
