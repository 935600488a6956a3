/* What `webhooks` needs from outside. `store` fits these by shape. */

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

/** A durable message nobody waits for; one id over all attempts (decision D5). */
export interface Delivery {
  /** UUID, sent as `Idempotency-Key` and `webhook-id`. */
  readonly id: string;
  readonly callId: string;
  readonly kind: 'report';
  /** Name of the configured webhook it goes to; its URL and credentials are looked up when sending. */
  readonly webhook: string;
  /** The JSON text, made once: every attempt sends the same bytes. */
  readonly body: string;
  readonly state: DeliveryState;
  readonly createdAt: number;
  /** Wall-clock ms of the next attempt; null when not pending. */
  readonly dueAt: number | null;
  readonly attempts: readonly DeliveryAttempt[];
}

export type NewDelivery = Pick<Delivery, 'id' | 'callId' | 'kind' | 'webhook' | 'body' | 'createdAt' | 'dueAt'>;

/** The outbox. */
export interface DeliveryStore {
  /**
   * Due deliveries, oldest first, at most `limit`; each is leased for `leaseMs` so that nobody else takes it meanwhile.
   * `except` names webhooks whose host is busy: theirs stay where they are, so that one slow host never holds up the others.
   */
  claimDue(now: number, limit: number, leaseMs: number, except?: readonly string[]): Promise<readonly Delivery[]>;
  /** Records an attempt and the state after it. `dueAt` is null unless still pending. */
  settle(id: string, attempt: DeliveryAttempt, state: DeliveryState, dueAt: number | null): Promise<void>;
  /** When the next pending delivery is due (wall-clock ms), or null. */
  nextDue(): Promise<number | null>;
  /**
   * After the wall clock went back: what was put off until later than anything is put off, or until later than it was made, is due
   * now, and no lease lasts longer than one taken now.
   */
  catchUp(clock: { readonly now: number; readonly longestWaitMs: number; readonly leaseMs: number }): Promise<void>;
  /** Puts a delivered or dead delivery back to pending, due now. False when there is none of that id. */
  replay(id: string, now: number): Promise<boolean>;
}

/** Secrets by name; undefined when there is none of that name. */
export type SecretReader = (name: string) => string | undefined;

/** A webhook of `config/webhooks.json`. */
export interface ConfiguredWebhook {
  readonly name: string;
  readonly url: string;
  readonly method: 'POST';
  readonly auth: { readonly type: 'none' } | { readonly type: 'basic'; readonly username: string; readonly password: string };
  readonly default: boolean;
  /** Format of the flow-end report sent there. */
  readonly format: 'phonon' | 'native';
  readonly options: {
    readonly durationUnit: 'ms' | 's';
    readonly minimalSingleLeg: boolean;
    readonly wrapInBody: boolean;
    readonly includeUserVariables: boolean;
    readonly includeCallVariables: boolean;
  };
}
