import { RevisionConflictError } from '@whoosh/jetstream';
import type { Logger } from '@whoosh/service-runtime';
import type { Announcer } from './announcer.js';
import {
  cancel,
  complete,
  type CouncilRequest,
  councilIdOf,
  deadlineFault,
  type FormationDefaults,
  foundationOf,
  requestHash,
} from './commands.js';
import { type CouncilDocument, timestamp } from './council.js';
import { CouncilNotFoundError, IdempotencyConflictError, UnusableDeadlineError } from './council.errors.js';
import { stamp } from './council.events.js';
import type { CouncilRevision, CouncilStore, Stored } from './council.store.js';
import type { CouncilTransactor } from './council.transactor.js';
import type { CouncilFilter, CouncilSummary, CouncilView } from './council.view.js';
import { found } from './evolve.js';

/** What the service works with. */
export interface CouncilsParts {
  readonly store: CouncilStore;
  readonly view: CouncilView;
  readonly transactor: CouncilTransactor;
  readonly announcer: Announcer;
  readonly defaults: FormationDefaults;
  readonly replicaId: string;
}

/** A council that a request got. `replayed`: the request had come before, under the same Idempotency-Key. */
export interface CreatedCouncil extends Stored<CouncilDocument> {
  readonly replayed: boolean;
}

/** What people and programs ask of councils. */
export class CouncilsService {
  constructor(
    private readonly parts: CouncilsParts,
    private readonly logger: Logger,
  ) {}

  /**
   * Creates a council and announces it.
   * @param idempotencyKey the same key gives the same council, on any replica, also after a restart
   * @param traceparent W3C trace context of the request
   * @returns when it is stored, and announced unless that takes longer than two seconds (it then goes on by itself)
   * @throws IdempotencyConflictError when the key came before with another body; UnusableDeadlineError
   */
  async create(request: CouncilRequest, idempotencyKey: string | undefined, traceparent: string | undefined): Promise<CreatedCouncil> {
    const { store, view, announcer, defaults, replicaId } = this.parts;
    const nowMs = Date.now();
    const councilId = councilIdOf(idempotencyKey);
    const fault = deadlineFault(request.formation_deadline, nowMs);
    if (fault !== undefined) {
      // A retry comes after the deadline sometimes: it still gets the council that it asked for.
      const before = idempotencyKey === undefined ? undefined : await store.get(councilId);
      if (before === undefined) throw new UnusableDeadlineError(fault);
      return this.replay(councilId, requestHash(request), idempotencyKey);
    }
    const [created] = stamp([{ type: 'council_created' }], replicaId, timestamp(nowMs));
    if (created === undefined) throw new Error('unreachable');
    const council = found(foundationOf(request, councilId, defaults, nowMs, traceparent), created);
    try {
      const revision = await store.create(council);
      view.apply(council, revision);
      this.logger.info({ council_id: councilId, project: council.project_name, roles: council.roles.length }, 'Council created');
      await Promise.race([announcer.announce(council), new Promise((resolve) => setTimeout(resolve, ANNOUNCE_WAIT_MS).unref())]);
      return { ...(view.get(councilId) ?? { value: council, revision }), replayed: false };
    } catch (error) {
      if (!(error instanceof RevisionConflictError)) throw error;
      return this.replay(councilId, council.request_hash, idempotencyKey);
    }
  }

  /** @throws CouncilNotFoundError */
  async get(councilId: string): Promise<Stored<CouncilDocument>> {
    const stored = await this.parts.store.get(councilId);
    if (stored === undefined) throw new CouncilNotFoundError(councilId);
    return stored;
  }

  /** @returns councils from this replica's picture, newest first, and whether there are more */
  list(filter: CouncilFilter): { councils: CouncilSummary[]; more: boolean } {
    return this.parts.view.list(filter);
  }

  /**
   * @returns every stored revision, oldest first, at most the last 64
   * @throws CouncilNotFoundError
   */
  async history(councilId: string): Promise<CouncilRevision[]> {
    const revisions = await this.parts.store.history(councilId);
    if (revisions.length === 0) throw new CouncilNotFoundError(councilId);
    return revisions;
  }

  /** @throws CouncilNotFoundError; IllegalTransitionError when it ended otherwise */
  cancel(councilId: string, reason: string): Promise<Stored<CouncilDocument>> {
    return this.parts.transactor.transact(councilId, (council) => cancel(council, reason));
  }

  /** @throws CouncilNotFoundError; IllegalTransitionError when it is still forming or ended otherwise */
  complete(councilId: string, reason: string): Promise<Stored<CouncilDocument>> {
    return this.parts.transactor.transact(councilId, (council) => complete(council, reason));
  }

  private async replay(councilId: string, requestHash: string, key = ''): Promise<CreatedCouncil> {
    const stored = await this.get(councilId);
    if (stored.value.request_hash !== requestHash) throw new IdempotencyConflictError(key, councilId);
    return { ...stored, replayed: true };
  }
}

const ANNOUNCE_WAIT_MS = 2_000;
