import type { CoordinatorParts } from '../coordinator.parts.js';
import { isCouncil, isRoster } from './kv-council.store.js';

/**
 * Feeds the view from the bucket's watch until the signal, and has the status of what changed verified.
 * @returns when the present state is read
 */
export async function followCouncils(
  { bucket, view, sweeper, logger }: Pick<CoordinatorParts, 'bucket' | 'view' | 'sweeper' | 'logger'>,
  signal: AbortSignal,
): Promise<void> {
  let caughtUp = false;
  const watch = bucket.watch({
    signal,
    onRecreated: () => {
      logger.error('The bucket chorus_councils was created anew: the councils before are gone from the broker');
      view.clear();
    },
    onEntry: ({ key, value, revision, operation, error }) => {
      view.reached(revision);
      if (error !== undefined) {
        logger.error(
          { key, revision, error },
          'A council document cannot be read and is left alone; look at it with: nats kv get chorus_councils',
        );
        return;
      }
      if (operation !== 'PUT' || value === undefined) {
        if (!key.includes('.')) view.forget(key);
        return;
      }
      if (isRoster(value)) view.applyRoster(value, revision);
      else if (isCouncil(value) && view.apply(value, revision)) {
        const recent = Date.now() - Date.parse(value.updated_at) < STATUS_VERIFIED_FOR_MS;
        if (value.status !== 'pending' && (recent || caughtUp)) sweeper.verifyStatus(value.council_id, revision);
        if (caughtUp) sweeper.poke(value.council_id);
      }
    },
  });
  await watch.caughtUp;
  caughtUp = true;
}

/** At the start, the statuses of councils that changed this recently are checked: an older one was checked by somebody. */
const STATUS_VERIFIED_FOR_MS = 10 * 60_000;
