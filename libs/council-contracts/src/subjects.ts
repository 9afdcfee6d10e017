import { assertToken, isToken } from './token.js';

/** A subject with wildcards, and what each wildcard stands for. */
export interface SubjectPattern {
  /** As NATS takes it: `*` is one token. */
  readonly pattern: string;
  /** The names of the wildcards, from left to right. */
  readonly parameters: readonly string[];
}

const ROOT = 'chorus.';

/**
 * Every subject of the protocol. This file is the only place that spells them.
 * @source protocol.md, "Subjects"
 */
export const SUBJECTS: Readonly<Record<'forming' | 'formingPerCouncil' | 'status' | 'claims' | 'offer' | 'deadLetter', SubjectPattern>> = {
  /** Opportunities: coordinator → every agent. */
  forming: { pattern: `${ROOT}councils.forming`, parameters: [] },
  /** The form that the older broadcaster published; accepted on subscribe, never published. */
  formingPerCouncil: { pattern: `${ROOT}councils.*.forming`, parameters: ['councilId'] },
  /** Changes of status: coordinator → anyone. */
  status: { pattern: `${ROOT}councils.*.status`, parameters: ['councilId'] },
  /** Answers: agent → coordinators. */
  claims: { pattern: `${ROOT}councils.*.claims.*`, parameters: ['councilId', 'agentId'] },
  /** Offers of a role: coordinator → one agent, request and reply. */
  offer: { pattern: `${ROOT}agents.*.offer`, parameters: ['agentId'] },
  /** What somebody gave up on: anyone → operators. */
  deadLetter: { pattern: `${ROOT}dlq.*`, parameters: ['source'] },
};

/** What the dead-letter stream stores: every dead letter, also those of later, longer subjects. */
export const DEAD_LETTER_WILDCARD = `${ROOT}dlq.>`;

/** Where opportunities are published. */
export const formingSubject: string = SUBJECTS.forming.pattern;

/**
 * Where the status of a council is published.
 * @throws InvalidTokenError when the id is no token
 */
export function statusSubject(councilId: string): string {
  return `${ROOT}councils.${assertToken(councilId, 'councilId')}.status`;
}

/**
 * Where an agent answers an opportunity. The broker's permissions bind the sender to the last token.
 * @throws InvalidTokenError when an id is no token
 */
export function claimSubject(councilId: string, agentId: string): string {
  return `${ROOT}councils.${assertToken(councilId, 'councilId')}.claims.${assertToken(agentId, 'agentId')}`;
}

/**
 * The answers of all agents to one council, as a wildcard.
 * @throws InvalidTokenError when the id is no token
 */
export function councilClaimsSubject(councilId: string): string {
  return `${ROOT}councils.${assertToken(councilId, 'councilId')}.claims.*`;
}

/**
 * Where an agent is offered a role, by request.
 * @throws InvalidTokenError when the id is no token
 */
export function offerSubject(agentId: string): string {
  return `${ROOT}agents.${assertToken(agentId, 'agentId')}.offer`;
}

/**
 * Where messages go that somebody gave up on.
 * @param source who gave up: an agent id, or `whoosh`
 * @throws InvalidTokenError when the source is no token
 */
export function deadLetterSubject(source: string): string {
  return `${ROOT}dlq.${assertToken(source, 'source')}`;
}

/** What a concrete subject says. */
export type ParsedSubject =
  | { readonly kind: 'forming'; readonly councilId?: string }
  | { readonly kind: 'status'; readonly councilId: string }
  | { readonly kind: 'claim'; readonly councilId: string; readonly agentId: string }
  | { readonly kind: 'offer'; readonly agentId: string }
  | { readonly kind: 'dead-letter'; readonly source: string };

/**
 * Reads a concrete subject.
 * @param subject as it stands on a received message; wildcards are not tokens and are refused
 * @returns what it says, or undefined when it is no subject of the protocol
 */
export function parseSubject(subject: string): ParsedSubject | undefined {
  if (!subject.startsWith(ROOT)) return undefined;
  const [area, ...tokens] = subject.slice(ROOT.length).split('.');
  if (!tokens.every(isToken)) return undefined;
  if (area === 'councils') return parseCouncilSubject(tokens);
  const [first, second] = tokens;
  if (first === undefined) return undefined;
  if (area === 'agents' && tokens.length === 2 && second === 'offer') return { kind: 'offer', agentId: first };
  if (area === 'dlq' && tokens.length === 1) return { kind: 'dead-letter', source: first };
  return undefined;
}

function parseCouncilSubject(tokens: readonly string[]): ParsedSubject | undefined {
  const [councilId, kind, agentId] = tokens;
  if (councilId === undefined) return undefined;
  if (tokens.length === 1) return councilId === 'forming' ? { kind: 'forming' } : undefined;
  if (tokens.length === 2 && kind === 'forming') return { kind, councilId };
  if (tokens.length === 2 && kind === 'status') return { kind, councilId };
  if (tokens.length === 3 && kind === 'claims' && agentId !== undefined) return { kind: 'claim', councilId, agentId };
  return undefined;
}
