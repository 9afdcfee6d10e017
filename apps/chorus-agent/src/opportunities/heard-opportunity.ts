import { CouncilOpportunity, decode, isTimestamp, isToken, MalformedMessageError } from '@whoosh/council-contracts';

/** An opportunity of a later major version: enough is readable to say so to the coordinators. */
export interface NotUnderstood {
  readonly councilId: string;
  readonly attempt: number;
  readonly schemaVersion: string;
  /** `undefined` when it has none, or none that is readable. */
  readonly formationDeadline: string | undefined;
}

/** What came on a subject of opportunities. */
export type HeardOpportunity = { readonly understood: CouncilOpportunity } | { readonly notUnderstood: NotUnderstood };

/**
 * Reads what came on a subject of opportunities.
 * @param bytes the payload
 * @throws MalformedMessageError when it is malformed and says nothing of a later version
 */
export function hearOpportunity(bytes: Uint8Array): HeardOpportunity {
  try {
    return { understood: decode(CouncilOpportunity, bytes) };
  } catch (error) {
    const notUnderstood = error instanceof MalformedMessageError ? laterVersion(bytes) : undefined;
    if (notUnderstood === undefined) throw error;
    return { notUnderstood };
  }
}

/** The council that a message of another major version is about; `undefined` when it cannot be told. */
function laterVersion(bytes: Uint8Array): NotUnderstood | undefined {
  const fields = jsonObject(bytes);
  const { schema_version: schemaVersion, council_id: councilId, attempt, formation_deadline: deadline } = fields ?? {};
  if (typeof schemaVersion !== 'string' || !isToken(councilId)) return undefined;
  const major = /^([0-9]{1,4})\.[0-9]{1,4}$/.exec(schemaVersion)?.[1];
  if (major === undefined || major === '1') return undefined;
  return {
    councilId,
    attempt: typeof attempt === 'number' && Number.isSafeInteger(attempt) && attempt > 0 ? attempt : 1,
    schemaVersion,
    formationDeadline: isTimestamp(deadline) ? deadline : undefined,
  };
}

function jsonObject(bytes: Uint8Array): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
