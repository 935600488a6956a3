import type { Clock } from '../../lib/clock.js';
import type { Code } from '../../lib/codes.js';
import { errorMessage, errorTrace } from '../../lib/error-message.js';
import type { Logger } from '../../lib/log/log.js';
import type { ExchangeResult } from '../../http/client.js';
import { afterAttempt, attemptError, type DeliveryPolicy, ENDPOINT_GONE, hasOneTry, isGone, longestWaitMs } from './delivery.js';
import { deliveryRequest } from './delivery-request.js';
import { DisabledTargets } from './disabled-targets.js';
import type { DeliveryStore, DeliveryTarget, SecretReader } from '../ports.js';
import type { Delivery, DeliveryAttempt } from '../../model/delivery.js';
import { type WatchedSecrets, watchSecrets } from '../secrets/secrets.js';
import type { Sender } from '../request/sender.js';
import { maxRedirects, redirectOutcome } from './redirect-policy.js';
import { UnrecordedAttempts } from './unrecorded-attempts.js';

/** What the cause of a delivery with one try ends with. */
const LEFT = '; the delivery before it in its stream was given up';
/** Answers to deliveries are not read; this much is taken in so that the connection can be kept. Bytes. */
const MAX_ANSWER_BYTES = 65_536;
/** Longest the loop sleeps: another node may have added a delivery, or the wall clock may have jumped. ms. */
const MAX_SLEEP_MS = 60_000;
/** Pause when the store says that something is due but gives nothing (it is in trouble, or another node was faster), ms. */
const MIN_SLEEP_MS = 1_000;
/** The wall clock is set back by less than this all the time. ms. */
const CLOCK_TOLERANCE_MS = 1_000;
/** Claimed deliveries that may wait here for their host; beyond that they wait in the store. */
const MAX_HELD = 500;

export interface OutboxOptions {
  readonly store: DeliveryStore;
  /** Where deliveries of that name go now; undefined when nothing of that name is configured. */
  readonly target: (name: string) => DeliveryTarget | undefined;
  readonly sender: Pick<Sender, 'send'>;
  readonly secrets: SecretReader;
  readonly clock: Clock;
  readonly random: { next(): number };
  readonly log: Logger;
  readonly policy: DeliveryPolicy;
}

/**
 * Delivers what the store holds until each is delivered or dead (docs/decisions/0007-deliveries.md): at least once, always with
 * the same id and the same bytes. Claims are leases, so that a crash in mid-attempt only repeats the attempt.
 */
export class Outbox {
  /** Attempts under way, by delivery id. */
  readonly #running = new Map<string, Promise<void>>();
  readonly #perHost = new Map<string, number>();
  /** Hosts that did not answer the last attempt: they get one at a time until they do, so that dead ones leave room for others. */
  readonly #silent = new Set<string>();
  /** Names of targets met so far, to know whose host is busy. */
  readonly #names = new Set<string>();
  readonly #disabled: DisabledTargets;
  readonly #unrecorded: UnrecordedAttempts;
  /** Claimed, but their host is busy. */
  #held: { readonly delivery: Delivery; readonly until: number }[] = [];
  #cancelSleep: (() => void) | null = null;
  #round: Promise<void> | null = null;
  #again = false;
  #stopped = true;
  /** Wall clock less monotonic clock when the store was last in step with it; null before the first look. */
  #clockOffset: number | null = null;

  constructor(private readonly options: OutboxOptions) {
    this.#disabled = new DisabledTargets(options.store, options.log);
    this.#unrecorded = new UnrecordedAttempts(options.store);
  }

  /** Begins to deliver; what an earlier process left is due like anything else. */
  start(): void {
    this.#stopped = false;
    this.wake();
  }

  /** Tells that the store may hold something new. Cheap; many calls make one look. */
  wake(): void {
    if (this.#stopped) return;
    if (this.#round !== null) {
      this.#again = true;
      return;
    }
    this.#cancelSleep?.();
    this.#cancelSleep = null;
    this.#round = this.#look().finally(() => {
      this.#round = null;
      if (this.#again) {
        this.#again = false;
        this.wake();
      }
    });
  }

  /** Resolves when everything that is due now has been tried. */
  async flush(): Promise<void> {
    this.wake();
    await this.#quiet();
  }

  /** Starts no further attempt and resolves when those under way have ended, each within its own timeout. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelSleep?.();
    this.#cancelSleep = null;
    this.#held = [];
    await this.#quiet();
  }

  /** Sends again to a target that answered 410; what is dead stays so until it is replayed. False when it had not. */
  async enable(webhook: string): Promise<boolean> {
    const was = await this.#disabled.enable(webhook);
    this.wake();
    return was;
  }

  /** Resolves when the store is not being looked at and no attempt is under way. */
  async #quiet(): Promise<void> {
    while (this.#round !== null || this.#running.size > 0) {
      await this.#round;
      await Promise.all(this.#running.values());
    }
  }

  /** One look at the store: start what can start, then sleep until there is something to do. */
  async #look(): Promise<void> {
    const { clock, log } = this.options;
    let sleepMs = MAX_SLEEP_MS;
    try {
      await this.#catchUp();
      await this.#disabled.load();
      this.#startHeld();
      const gotAny = await this.#claim();
      // With no place free, or only busy hosts left, the end of an attempt wakes the loop.
      const due = this.#free() === 0 ? null : await this.options.store.nextDue(this.#busyNames());
      if (due !== null) sleepMs = Math.min(sleepUntil(due - this.#now(), gotAny), MAX_SLEEP_MS);
    } catch (error) {
      // The store is in trouble; nothing is lost, the deliveries are still in it.
      log.error({ code: 'OUTBOX_UNREADABLE', error: errorMessage(error) }, 'the outbox cannot be read; trying again');
      sleepMs = MIN_SLEEP_MS * 5;
    }
    if (!this.#stopped) this.#cancelSleep = clock.after(sleepMs, () => this.wake());
  }

  /** The wall clock as the store is in step with it. */
  #now(): number {
    const { clock } = this.options;
    return this.#clockOffset === null ? clock.now() : Math.round(this.#clockOffset + clock.monotonic());
  }

  /**
   * Due times are wall-clock times. At the start they may be out of all reach; when the clock is set while we run, they move with it, so
   * that every delivery waits as long as it would have.
   */
  async #catchUp(): Promise<void> {
    const { clock, policy, store } = this.options;
    const now = clock.now();
    const offset = now - clock.monotonic();
    if (this.#clockOffset === null) {
      await store.catchUp({ now, longestWaitMs: longestWaitMs(policy), leaseMs: policy.leaseMs });
    } else if (Math.abs(offset - this.#clockOffset) > CLOCK_TOLERANCE_MS) {
      const byMs = Math.round(offset - this.#clockOffset);
      await store.shift({ byMs, now, queuedMs: MAX_SLEEP_MS });
      this.options.log.warn({ byMs }, 'the wall clock was set; what waits to be delivered waits as long as before');
    }
    this.#clockOffset = offset;
  }

  async #claim(): Promise<boolean> {
    const { store, clock, policy } = this.options;
    const free = this.#free();
    if (free === 0 || this.#stopped) return false;
    const claimed = await store.claimDue(this.#now(), free, policy.leaseMs, this.#busyNames());
    const until = clock.monotonic() + policy.leaseMs - policy.timeoutMs;
    for (const delivery of claimed) if (!this.#running.has(delivery.id)) this.#startOrHold({ delivery, until });
    return claimed.length > 0;
  }

  #free(): number {
    return Math.max(0, Math.min(this.options.policy.concurrency - this.#running.size, MAX_HELD - this.#held.length));
  }

  #isBusy(host: string): boolean {
    return (this.#perHost.get(host) ?? 0) >= (this.#silent.has(host) ? 1 : this.options.policy.perHost);
  }

  #busyNames(): readonly string[] {
    return [...this.#names].filter((name) => this.#isBusy(hostOf(this.options.target(name))));
  }

  /** Held deliveries whose lease would end during an attempt are let go: they will be claimed again. */
  #startHeld(): void {
    const held = this.#held;
    this.#held = [];
    for (const item of held) if (item.until > this.options.clock.monotonic()) this.#startOrHold(item);
  }

  #startOrHold(item: { readonly delivery: Delivery; readonly until: number }): void {
    if (this.#stopped) return;
    const { delivery } = item;
    const target = this.options.target(delivery.webhook);
    const host = hostOf(target);
    this.#names.add(delivery.webhook);
    if (this.#isBusy(host)) {
      this.#held.push(item);
      return;
    }
    this.#perHost.set(host, (this.#perHost.get(host) ?? 0) + 1);
    const attempt = this.#attempt(delivery, target).finally(() => {
      const left = (this.#perHost.get(host) ?? 1) - 1;
      if (left === 0) this.#perHost.delete(host);
      else this.#perHost.set(host, left);
      this.#running.delete(delivery.id);
      this.wake();
    });
    this.#running.set(delivery.id, attempt);
  }

  /** Never rejects. */
  async #attempt(delivery: Delivery, target: DeliveryTarget | undefined): Promise<void> {
    const log = this.options.log.child({ delivery: delivery.id, call: delivery.callId, webhook: delivery.webhook });
    try {
      if (target !== undefined && (await this.#disabled.has(target))) {
        const held = { attempt: null, state: 'dead', dueAt: null, cause: ENDPOINT_GONE } as const;
        await this.options.store.settle(delivery.id, held);
        log.warn({ cause: ENDPOINT_GONE }, 'the delivery is held back');
        return;
      }
      // An attempt that could not be recorded still counts: first it is recorded, and the next one waits its time.
      const unrecorded = this.#unrecorded.count(delivery.id) > 0;
      if (unrecorded && !this.#unrecorded.mayTry(delivery.id, this.options.clock.monotonic())) {
        await this.#unrecorded.retry(delivery.id);
        return;
      }
      await this.#try(delivery, target, log);
    } catch (error) {
      log.error({ code: 'DELIVERY_UNRECORDED', error: errorMessage(error) }, 'an attempt could not be recorded');
    }
  }

  async #try(delivery: Delivery, target: DeliveryTarget | undefined, log: Logger): Promise<void> {
    const { clock, random } = this.options;
    const policy = hasOneTry(delivery) ? { ...this.options.policy, retryAfterMs: [] } : this.options.policy;
    const n = delivery.attempts.length + this.#unrecorded.count(delivery.id) + 1;
    const at = clock.now();
    const secrets = watchSecrets(this.options.secrets);
    const result = await this.#sendAnyhow(delivery, target, secrets);
    const now = clock.now();
    const since = n - (delivery.replayedAfter ?? 0);
    const elsewhere = redirectOutcome(result, target?.redirects ?? 'fail');
    const { state, waitMs } =
      elsewhere === null
        ? afterAttempt(policy, since, result, { now, random: random.next() })
        : ({ state: elsewhere.error === null ? 'delivered' : 'dead', waitMs: null } as const);
    const error = elsewhere === null ? attemptError(result, (text) => secrets.mask(text)) : elsewhere.error;
    const status = result.kind === 'response' ? result.status : null;
    const attempt = { n, at, ms: Math.round(result.ms), status, error };
    const cause =
      state !== 'dead' ? null : isGone(result) ? ENDPOINT_GONE : hasOneTry(delivery) ? `${error ?? ''}${LEFT}` : error;
    // First of all: settled, it would let the next one of its stream go out.
    if (target !== undefined && isGone(result)) await this.#disabled.add(target, now);
    const code = elsewhere === null ? 'DELIVERY_DEAD' : 'WEBHOOK_REDIRECTED';
    tellAttempt(log, { attempt, code, dead: state === 'dead', waitMs });
    const next = waitMs === null ? Infinity : clock.monotonic() + waitMs;
    const after = { state, dueAt: waitMs === null ? null : this.#now() + waitMs, cause };
    await this.#unrecorded.record(delivery.id, attempt, after, next);
  }

  /** A bug on the way is a failed attempt like any other, else the same report would go out for ever. */
  async #sendAnyhow(delivery: Delivery, target: DeliveryTarget | undefined, secrets: WatchedSecrets): Promise<ExchangeResult> {
    const begun = this.options.clock.monotonic();
    try {
      return await this.#send(delivery, target, secrets);
    } catch (error) {
      this.options.log.error(
        { code: 'UNEXPECTED_ERROR', delivery: delivery.id, error: secrets.mask(errorTrace(error)) },
        'an attempt broke; it counts as failed',
      );
      const ms = this.options.clock.monotonic() - begun;
      return { kind: 'failed', failure: 'bad-request', detail: errorMessage(error), attempts: 1, ms };
    }
  }

  async #send(delivery: Delivery, target: DeliveryTarget | undefined, secrets: WatchedSecrets): Promise<ExchangeResult> {
    const { sender, clock, policy } = this.options;
    const unsent = (detail: string): ExchangeResult => ({ kind: 'failed', failure: 'bad-request', detail, attempts: 0, ms: 0 });
    if (target === undefined) return unsent(`there is no webhook named ${delivery.webhook} in the configuration`);
    const limits = {
      redirects: maxRedirects(target.redirects ?? 'fail'),
      maxBytes: MAX_ANSWER_BYTES,
      timeoutMs: policy.timeoutMs,
      statusOnly: true,
    };
    const result = await sender.send(deliveryRequest(delivery, target, clock.now()), limits, secrets);
    const host = hostOf(target);
    if (result.kind === 'failed') this.#silent.add(host);
    else this.#silent.delete(host);
    return result;
  }
}

/** One line for each attempt. */
function tellAttempt(
  log: Logger,
  {
    attempt: { n, error, ms },
    code,
    dead,
    waitMs,
  }: { attempt: DeliveryAttempt; code: Code; dead: boolean; waitMs: number | null },
): void {
  if (dead) log.error({ code, n, error }, 'delivery is dead; it can be replayed');
  else if (error !== null) log.warn({ code: 'DELIVERY_FAILED', n, error, waitMs }, 'delivery failed; it will be tried again');
  else log.info({ n, ms }, 'delivered');
}

/** How long to sleep when the next delivery can be claimed in `ms`; 0 or less: it could be already. */
function sleepUntil(ms: number, gotAny: boolean): number {
  if (ms > 0) return ms;
  return gotAny ? 0 : MIN_SLEEP_MS;
}

/** Scheme, host and port as written; targets that share them share the limit. Those that are not configured share one, too. */
function hostOf(target: DeliveryTarget | undefined): string {
  if (target === undefined) return '';
  return /^[a-z]+:\/\/[^/?#]+/iu.exec(target.url)?.[0].toLowerCase() ?? target.url;
}
