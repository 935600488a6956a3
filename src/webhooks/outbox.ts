import type { Clock } from '../lib/clock.js';
import type { Logger } from '../lib/log.js';
import type { ExchangeResult, HttpClient } from './client.js';
import { basicCredentials } from './credentials.js';
import { afterAttempt, attemptError, type DeliveryPolicy, longestWaitMs } from './delivery.js';
import type { ConfiguredWebhook, Delivery, DeliveryStore, SecretReader } from './ports.js';
import { reveal, secretParts, watchSecrets } from './secrets.js';

/** Longest the loop sleeps: another node may have added a delivery, or the wall clock may have jumped. ms. */
const MAX_SLEEP_MS = 60_000;
/** Shortest it sleeps when the store says that something is due but gives nothing (leased elsewhere, or in trouble). ms. */
const MIN_SLEEP_MS = 1_000;
/** The wall clock is set back by less than this all the time. ms. */
const CLOCK_TOLERANCE_MS = 1_000;
/** Claimed deliveries that may wait here for their host; beyond that they wait in the store. */
const MAX_HELD = 500;
/** Answers to deliveries are not read; this much is taken in so that the connection can be kept. Bytes. */
const MAX_ANSWER_BYTES = 65_536;

export interface OutboxOptions {
  readonly store: DeliveryStore;
  readonly client: Pick<HttpClient, 'exchange'>;
  /** The webhooks as configured now. */
  readonly webhooks: () => readonly ConfiguredWebhook[];
  readonly secrets: SecretReader;
  readonly clock: Clock;
  readonly random: { next(): number };
  readonly log: Logger;
  readonly policy: DeliveryPolicy;
}

/**
 * Delivers what the store holds until each is delivered or dead (decision D5): at least once, always with the same id and the
 * same bytes. Claims are leases, so that a crash in mid-attempt only repeats the attempt.
 */
export class Outbox {
  /** Attempts under way, by delivery id. */
  readonly #running = new Map<string, Promise<void>>();
  readonly #perHost = new Map<string, number>();
  /** Claimed, but their host is busy. */
  #held: { readonly delivery: Delivery; readonly until: number }[] = [];
  #cancelSleep: (() => void) | null = null;
  #round: Promise<void> | null = null;
  #again = false;
  #stopped = true;
  /** Wall clock less monotonic clock when the store was last in step with it. */
  #clockOffset = Infinity;

  constructor(private readonly options: OutboxOptions) {}

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
      this.#startHeld();
      const gotAny = await this.#claim();
      // With no place free the end of an attempt wakes the loop.
      const due = this.#free() === 0 ? null : await this.options.store.nextDue();
      if (due !== null) sleepMs = Math.min(Math.max(due - clock.now(), gotAny ? 0 : MIN_SLEEP_MS), MAX_SLEEP_MS);
    } catch (error) {
      // The store is in trouble; nothing is lost, the deliveries are still in it.
      log.error({ error: String(error) }, 'the outbox cannot be read; trying again');
      sleepMs = MIN_SLEEP_MS * 5;
    }
    if (!this.#stopped) this.#cancelSleep = clock.after(sleepMs, () => this.wake());
  }

  /** Due times are wall-clock times; at the start and when the clock went back they may be out of all reach. */
  async #catchUp(): Promise<void> {
    const { clock, policy, store } = this.options;
    const now = clock.now();
    const offset = now - clock.monotonic();
    if (offset < this.#clockOffset - CLOCK_TOLERANCE_MS) {
      await store.catchUp({ now, longestWaitMs: longestWaitMs(policy), leaseMs: policy.leaseMs });
    }
    this.#clockOffset = offset;
  }

  async #claim(): Promise<boolean> {
    const { store, clock, policy } = this.options;
    const free = this.#free();
    if (free === 0 || this.#stopped) return false;
    const busy = this.options.webhooks().filter((webhook) => this.#isBusy(hostOf(webhook)));
    const except = busy.map(({ name }) => name);
    const claimed = await store.claimDue(clock.now(), free, policy.leaseMs, except);
    const until = clock.monotonic() + policy.leaseMs - policy.timeoutMs;
    for (const delivery of claimed) if (!this.#running.has(delivery.id)) this.#startOrHold({ delivery, until });
    return claimed.length > 0;
  }

  #free(): number {
    return Math.max(0, Math.min(this.options.policy.concurrency - this.#running.size, MAX_HELD - this.#held.length));
  }

  #isBusy(host: string): boolean {
    return (this.#perHost.get(host) ?? 0) >= this.options.policy.perHost;
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
    const webhook = this.options.webhooks().find(({ name }) => name === delivery.webhook);
    const host = webhook === undefined ? '' : hostOf(webhook);
    if (this.#isBusy(host)) {
      this.#held.push(item);
      return;
    }
    this.#perHost.set(host, (this.#perHost.get(host) ?? 0) + 1);
    const attempt = this.#attempt(delivery, webhook).finally(() => {
      const left = (this.#perHost.get(host) ?? 1) - 1;
      if (left === 0) this.#perHost.delete(host);
      else this.#perHost.set(host, left);
      this.#running.delete(delivery.id);
      this.wake();
    });
    this.#running.set(delivery.id, attempt);
  }

  /** Never rejects. */
  async #attempt(delivery: Delivery, webhook: ConfiguredWebhook | undefined): Promise<void> {
    const { clock, policy, random, store } = this.options;
    const log = this.options.log.child({ delivery: delivery.id, call: delivery.callId, webhook: delivery.webhook });
    const n = delivery.attempts.length + 1;
    const at = clock.now();
    try {
      const secrets = watchSecrets(this.options.secrets);
      const result = await this.#send(delivery, webhook, secrets.read);
      const now = clock.now();
      const { state, waitMs } = afterAttempt(policy, n, result, { now, random: random.next() });
      const failure = attemptError(result);
      const error = failure === null ? null : secrets.mask(failure);
      const status = result.kind === 'response' ? result.status : null;
      await store.settle(delivery.id, { n, at, ms: result.ms, status, error }, state, waitMs === null ? null : now + waitMs);
      if (state === 'dead') log.error({ n, error }, 'delivery is dead; it can be replayed');
      else if (error !== null) log.warn({ n, error, waitMs }, 'delivery failed; it will be tried again');
      else log.info({ n, ms: Math.round(result.ms) }, 'delivered');
    } catch (error) {
      // Not settled: the lease ends and the attempt is made again, with the same id.
      log.error({ n, error: String(error) }, 'an attempt could not be recorded');
    }
  }

  async #send(delivery: Delivery, webhook: ConfiguredWebhook | undefined, secrets: SecretReader): Promise<ExchangeResult> {
    const { client, policy } = this.options;
    const unsent = (detail: string): ExchangeResult => ({ kind: 'failed', failure: 'bad-request', detail, attempts: 0, ms: 0 });
    if (webhook === undefined) return unsent(`there is no webhook named ${delivery.webhook} in the configuration`);
    const url = reveal(secretParts(webhook.url), secrets);
    if (!url.ok) return unsent(url.error);
    const credentials = webhook.auth.type === 'basic' ? basicCredentials(configuredBasic(webhook.auth), secrets) : null;
    if (credentials?.ok === false) return unsent(credentials.error);
    return client.exchange({
      method: 'POST',
      url: url.value.text,
      headers: [
        ['content-type', 'application/json; charset=utf-8'],
        ['user-agent', 'Offhook'],
        ['idempotency-key', delivery.id],
        ['webhook-id', delivery.id],
        ...(credentials === null ? [] : [['authorization', credentials.value] as const]),
      ],
      body: delivery.body,
      redirects: 0,
      maxBytes: MAX_ANSWER_BYTES,
      timeoutMs: policy.timeoutMs,
      secretHeaders: new Set(),
    });
  }
}

function configuredBasic(auth: Extract<ConfiguredWebhook['auth'], { type: 'basic' }>) {
  return { username: secretParts(auth.username), password: secretParts(auth.password) };
}

/** Scheme, host and port as written; webhooks that share them share the limit. */
function hostOf(webhook: ConfiguredWebhook): string {
  return /^[a-z]+:\/\/[^/?#]+/iu.exec(webhook.url)?.[0].toLowerCase() ?? webhook.url;
}
