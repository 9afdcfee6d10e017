import type { CouncilOpportunity } from '@whoosh/council-contracts';

/** What an announcement became. `streamSequence`: where the broker stored it; absent when it did not go over the broker. */
export interface Announced {
  readonly streamSequence?: number;
  /** The broker had it already: somebody else published the same attempt. */
  readonly duplicate: boolean;
}

/** Tells every agent of a council. */
export interface Broadcaster {
  /**
   * @param opportunity announced again under the same attempt it is the same message, and is stored once
   * @param traceparent W3C trace context of the request
   * @throws when it is not known to be out; announcing again is safe
   */
  announce(opportunity: CouncilOpportunity, publishedAt: Date, traceparent: string | undefined): Promise<Announced>;
}
