import type {
  Delivery,
  Settlement,
  DeliverySelection,
  DisabledTarget,
  NewDelivery,
  RedirectPolicy,
  Revision,
} from '../model/delivery.js';
import type { ConfiguredAuth, RequestOptions } from '../model/webhook.js';

/* What `webhooks` needs from outside. `store` fits these by shape. */

/** The outbox. */
export interface DeliveryStore {
  /** Queues deliveries of a call that is known; one whose id is there already stays as it is. Resolves when they are durable. */
  add(deliveries: readonly NewDelivery[]): Promise<void>;
  /**
   * Due deliveries, oldest first, at most `limit`; each is leased for `leaseMs` so that nobody else takes it meanwhile.
   * `except` names targets whose host is busy: theirs stay where they are, so that one slow host never holds up the others. Of a
   * stream only the oldest pending one is ever given out.
   */
  claimDue(now: number, limit: number, leaseMs: number, except?: readonly string[]): Promise<readonly Delivery[]>;
  /** Records an attempt, if there was one, and the state after it. */
  settle(id: string, settlement: Settlement): Promise<void>;
  /** When the next delivery can be claimed (wall-clock ms), or null; those to targets in `except` do not count. */
  nextDue(except?: readonly string[]): Promise<number | null>;
  /**
   * After the wall clock went back: what was put off until later than anything is put off, or until later than it was made, is due
   * now, and no lease lasts longer than one taken now.
   */
  catchUp(clock: { readonly now: number; readonly longestWaitMs: number; readonly leaseMs: number }): Promise<void>;
  /**
   * The wall clock was set by `byMs`, and reads `now`: what waits goes on waiting for as long as it would have. What was made due by the
   * new clock in the last `queuedMs` stays as it is.
   */
  shift(set: { readonly byMs: number; readonly now: number; readonly queuedMs: number }): Promise<void>;
  /** Puts a delivered or dead delivery back to pending, due now. False when there is none of that id. */
  replay(id: string, now: number): Promise<boolean>;
  /** The same for all that match; answers how many. Without a state: those that are delivered or dead. */
  replayAll(selection: DeliverySelection, now: number): Promise<number>;
  /**
   * Puts a body that has become better in the place of one that nobody can have been sent yet, due at `dueAt` (null: as before). When
   * that is too late, `otherwise` is queued instead: also when it was only claimed, by a process that may have sent it and died, as
   * an id stands for the same bytes for ever.
   */
  revise(revision: Revision): Promise<'revised' | 'amended'>;
  /** Remembers that a target is gone and makes what is pending for it dead, with `cause`. */
  disable(target: DisabledTarget, cause: string): Promise<void>;
  /** Forgets that a target is gone. False when it was not. */
  enable(webhook: string): Promise<boolean>;
  disabled(): Promise<readonly DisabledTarget[]>;
}

/** Where deliveries of one name go: a configured webhook, an integration. Texts may hold `$secret.NAME`. */
export interface DeliveryTarget extends RequestOptions {
  readonly name: string;
  readonly url: string;
  readonly auth: ConfiguredAuth;
  /** Name of a signer of the site, or null. */
  readonly sign: string | null;
  /** What a redirect means there; `fail` when absent. */
  readonly redirects?: RedirectPolicy;
}

/** Secrets by name; undefined when there is none of that name. */
export type SecretReader = (name: string) => string | undefined;
