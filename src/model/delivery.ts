/* Deliveries: durable messages nobody waits for, their attempts, and the questions asked about them. */

/** One attempt of a delivery. */
export interface DeliveryAttempt {
  /** From 1. */
  readonly n: number;
  /** Wall-clock ms. */
  readonly at: number;
  readonly ms: number;
  readonly status: number | null;
  /** Null on success. */
  readonly error: string | null;
}

export type DeliveryState = 'pending' | 'delivered' | 'dead';

/** `report`: the end of a flow. `amendment`: the same again with what came late. `event`: a call event. `turn`: of an integration. */
export type DeliveryKind = 'report' | 'amendment' | 'event' | 'turn';

/** A request that is not the plain POST of JSON: made once with the body; `$secret.NAME` in it stays by name. */
export interface DeliveryShape {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly query: readonly (readonly [string, string])[];
  readonly headers: readonly (readonly [string, string])[];
  readonly contentType: string;
}

/**
 * A durable message that no call waits for: a report, an amendment, a call event or the turn of a chat (docs/decisions/0007-deliveries.md). The
 * store takes it in the same transaction as its cause; then the outbox sends it, again and again on a schedule, until the receiver accepts it
 * or it is dead. All attempts send the same body under the same id, so a receiver recognises a repetition.
 *
 * @example
 * // A report that was answered 503 once and is due again 30 s later.
 * const delivery: Delivery = {
 *   id: 'b9a1…', callId: 'call-1', kind: 'report', webhook: 'crm', body: '{"callId":"call-1"}', state: 'pending', createdAt: 1000, dueAt: 31_000,
 *   attempts: [{ n: 1, at: 1000, ms: 40, status: 503, error: 'the server answered 503' }],
 * };
 */
export interface Delivery {
  /** UUID, sent as `Idempotency-Key` and `webhook-id`. */
  readonly id: string;
  readonly callId: string;
  readonly kind: DeliveryKind;
  /** Where it goes, by name: a configured webhook, or `integration:ID`. URL and credentials are looked up when sending. */
  readonly webhook: string;
  /** Deliveries of one stream go out one after the other, oldest first; null: in any order. */
  readonly stream?: string | null;
  /** Null or absent: POST of JSON. */
  readonly shape?: DeliveryShape | null;
  /** The JSON text, made once: every attempt sends the same bytes. */
  readonly body: string;
  readonly state: DeliveryState;
  readonly createdAt: number;
  /** Wall-clock ms of the next attempt; null when not pending. */
  readonly dueAt: number | null;
  readonly attempts: readonly DeliveryAttempt[];
  /** Why it is dead; null while it is not. */
  readonly cause?: string | null;
  /** Attempts made before it was last replayed: the schedule counts from there. */
  readonly replayedAfter?: number;
  /** The one before it in its stream was given up; told by `DeliveryStore.claimDue`. */
  readonly behindDead?: true;
}

/** A delivery to be queued. */
export type NewDelivery = Pick<
  Delivery,
  'id' | 'callId' | 'kind' | 'webhook' | 'body' | 'createdAt' | 'dueAt' | 'stream' | 'shape'
>;

/** What becomes of a delivery. Without an attempt: nothing was sent, and nothing will be. */
export interface Settlement {
  readonly attempt: DeliveryAttempt | null;
  readonly state: DeliveryState;
  /** Null unless still pending. */
  readonly dueAt: number | null;
  /** Why it is dead; null otherwise. */
  readonly cause: string | null;
}

/** A better body for a delivery that nobody can have been sent yet. */
export interface Revision {
  readonly id: string;
  readonly body: string;
  readonly dueAt: number | null;
  readonly otherwise: NewDelivery;
}

/** Which deliveries; absent fields do not restrict. */
export interface DeliverySelection {
  readonly state?: DeliveryState | undefined;
  readonly webhook?: string | undefined;
  /** To one of these, by name; to none when empty. */
  readonly targets?: readonly string[] | undefined;
  readonly kind?: DeliveryKind | undefined;
  readonly call?: string | undefined;
  /** Made at or after, wall-clock ms. */
  readonly from?: number | undefined;
  /** Made before, wall-clock ms. */
  readonly to?: number | undefined;
  /** With the next attempt at or after, wall-clock ms: pending ones only. */
  readonly dueFrom?: number | undefined;
  /** With the next attempt before, wall-clock ms: pending ones only. */
  readonly dueTo?: number | undefined;
}

/** A target that answered 410 and is sent nothing until it is enabled again, or has another URL. */
export interface DisabledTarget {
  readonly webhook: string;
  /** As configured, secrets by name. */
  readonly url: string;
  /** Wall-clock ms. */
  readonly at: number;
}

/** A delivery without its body and attempts. */
export type DeliverySummary = Omit<Delivery, 'body' | 'attempts' | 'shape' | 'replayedAfter'> & { readonly attempts: number };

/** What a redirect of a receiver means; configuration data. */
export const REDIRECT_POLICIES = ['fail', 'delivered', 'follow'] as const;

/** `fail`: a mistake. `delivered`: the work is done, and a page to be shown follows. `follow`: what is found there counts. */
export type RedirectPolicy = (typeof REDIRECT_POLICIES)[number];
