import { councilClaimsSubject, decode, formingConsumerName, RoleClaim, STREAMS } from '@whoosh/council-contracts';
import { type Broker, consumerFloors, messagesFor, RevisionConflictError } from '@whoosh/jetstream';
import type { Logger } from '@whoosh/service-runtime';
import { answerOf } from '../claims/claim-book.js';
import type { AgentAnswer } from '../councils/award.js';
import { type CouncilDocument, isFinal, timestamp } from '../councils/council.js';
import { CouncilNotFoundError } from '../councils/council.errors.js';
import type { CouncilStore, Stored } from '../councils/council.store.js';
import type { CouncilView } from '../councils/council.view.js';
import { isWindowOver } from '../councils/decide.js';
import type { CoordinatorMetrics } from '../metrics/coordinator.metrics.js';
import { type AttemptLedger, lastPerAttempt, ledgerAnswerOf, ledgerOf } from './ledger.js';
import type { RosterDocument } from './roster.document.js';

/** The ledger of a council, an entry per announcement. */
export interface CouncilLedger {
  readonly council_id: string;
  readonly status: string;
  readonly attempts: AttemptLedger[];
}

/** What the ledger works with. */
export interface LedgerParts {
  readonly broker: Broker;
  readonly store: CouncilStore;
  readonly view: CouncilView;
  readonly metrics: CoordinatorMetrics;
}

/** Who got which announcement: read from the stored record, the claims stream and the agents' own consumers. */
export class LedgerService {
  constructor(
    private readonly parts: LedgerParts,
    private readonly logger: Logger,
  ) {}

  /**
   * @returns every announcement of the council, oldest first
   * @throws CouncilNotFoundError
   */
  async read(councilId: string): Promise<CouncilLedger> {
    const council = (await this.parts.store.get(councilId))?.value;
    if (council === undefined) throw new CouncilNotFoundError(councilId);
    const [rosters, answers] = await Promise.all([this.parts.store.rosterHistory(councilId), this.storedAnswers(councilId)]);
    const attempts: AttemptLedger[] = [];
    for (const roster of lastPerAttempt(rosters)) {
      const complete = asAnnounced(roster, council);
      const over = isFinal(council) || council.attempt > roster.attempt || isWindowOver(council, Date.now());
      const open = ledgerOf(complete, { answers, acknowledged: new Set(), over });
      const acknowledged = open.answered < open.expected ? await this.acknowledgedBy(complete) : new Set<string>();
      attempts.push(acknowledged.size === 0 ? open : ledgerOf(complete, { answers, acknowledged, over }));
    }
    return { council_id: councilId, status: council.status, attempts };
  }

  /**
   * Writes the answers into the record of the attempt, once: later answers of the agents would overwrite them in the stream.
   * @param answers as this replica has read them
   */
  async close(council: CouncilDocument, roster: Stored<RosterDocument>, answers: readonly AgentAnswer[]): Promise<void> {
    const wanted = new Set(roster.value.expected.map((agent) => agent.agent_id));
    const current = answers.filter((answer) => answer.attempt === roster.value.attempt);
    const unexpected = current.filter((answer) => !wanted.has(answer.agent_id)).slice(0, MAX_UNEXPECTED);
    const answered = [...current.filter((answer) => wanted.has(answer.agent_id)), ...unexpected].map(ledgerAnswerOf);
    const closed = { ...asAnnounced(roster.value, council), closed_at: timestamp(Date.now()), answers: answered };
    try {
      this.parts.view.applyRoster(closed, await this.parts.store.updateRoster(closed, roster.revision));
    } catch (error) {
      if (error instanceof RevisionConflictError) return;
      throw error;
    }
    const {
      expected,
      answered: got,
      delivered,
      missing,
      delivery_rate,
      p95_ms,
    } = ledgerOf(closed, { answers: [], acknowledged: new Set(), over: true });
    this.parts.metrics.delivered('answered', got);
    this.parts.metrics.delivered('delivered', delivered - got);
    this.parts.metrics.delivered('missing', missing);
    const fields = {
      council_id: council.council_id,
      attempt: roster.value.attempt,
      expected,
      answered: got,
      missing,
      delivery_rate,
      p95_ms,
    };
    if (missing === 0) this.logger.info(fields, 'Every expected agent answered');
    else this.logger.warn(fields, 'Some expected agents have not answered; the ledger names them');
  }

  private async storedAnswers(councilId: string): Promise<AgentAnswer[]> {
    const messages = await messagesFor(this.parts.broker, STREAMS.claims.name, councilClaimsSubject(councilId));
    return messages.flatMap((message) => {
      try {
        return [answerOf(decode(RoleClaim, message.payload), message.time)];
      } catch {
        return [];
      }
    });
  }

  private async acknowledgedBy(roster: RosterDocument): Promise<Set<string>> {
    const sequence = roster.stream_sequence;
    if (sequence === undefined) return new Set();
    const floors = await consumerFloors(this.parts.broker, STREAMS.councils.name);
    const past = floors.filter((consumer) => consumer.ackFloor >= sequence).map((consumer) => consumer.name);
    const got = roster.expected.filter((agent) => {
      const name = formingConsumerName(agent.agent_id, agent.instance_id);
      return past.some((consumer) => consumer === name || consumer.startsWith(`${name}-`));
    });
    return new Set(got.map((agent) => agent.agent_id));
  }
}

/** What the council knows better: a replica that took over published later than the one that wrote the record. */
function asAnnounced(roster: RosterDocument, council: CouncilDocument): RosterDocument {
  if (council.attempt !== roster.attempt) return roster;
  const { stream_sequence = roster.stream_sequence, published_at = roster.published_at } = council.announcement;
  return { ...roster, published_at, ...(stream_sequence === undefined ? {} : { stream_sequence }) };
}

/** Answers of agents that were not there at the announcement: so many are kept, so that nobody can fill the record. */
const MAX_UNEXPECTED = 100;
