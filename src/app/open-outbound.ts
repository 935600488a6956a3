import type { Config } from '../site/config/config.js';
import { systemClock, within } from '../lib/clock.js';
import { systemRandom } from '../lib/ids.js';
import type { Logger } from '../lib/log/log.js';
import { TokenSource } from '../webhooks/auth/token-source.js';
import { CLIENT_DEFAULTS, HttpClient } from '../http/client.js';
import { DELIVERY_POLICY, type DeliveryPolicy } from '../webhooks/deliveries/delivery.js';
import { Outbox } from '../webhooks/deliveries/outbox.js';
import type { DeliveryStore, DeliveryTarget } from '../webhooks/ports.js';
import type { ConfiguredWebhook } from '../webhooks/configured/schema.js';
import { ResumeUrls } from '../webhooks/deferred/resume-urls.js';
import { Sender } from '../webhooks/request/sender.js';
import type { BreakerPolicy } from '../webhooks/attempts/circuit-breakers.js';
import { LimitedClient } from '../webhooks/attempts/limited-client.js';
import {
  createWebhookPort,
  type OutboundClient,
  WEBHOOK_LIMITS,
  type WebhookLimits,
  type Webhooks,
} from '../webhooks/webhook.js';
import type { Site } from '../site/site.js';

/** How long the last deliveries may take at a stop, ms. */
const FINISH_MS = 10_000;

/** Everything that goes to users' URLs: one client, the webhooks of flows, the outbox. */
export interface OutboundHttp {
  readonly client: HttpClient;
  readonly limits: WebhookLimits;
  /** In front of the client, for the webhooks that callers wait for. */
  readonly limitedClient: LimitedClient;
  readonly resumes: ResumeUrls;
  readonly webhooks: Webhooks;
  readonly outbox: Outbox;
  /** Credentials or secrets have changed: access tokens that others now stand for are dropped. */
  readonly forgetTokens: () => void;
  /** Sends what is due and what nobody waited for, within a limit. */
  finish(): Promise<void>;
  close(): Promise<void>;
}

/** The part of a site that requests go by. */
export interface OutboundSite extends Pick<Site, 'config' | 'identity'> {
  /** The webhooks as configured now. */
  readonly webhooks: () => readonly ConfiguredWebhook[];
  /** Where deliveries of other names go. */
  readonly target: (name: string) => DeliveryTarget | undefined;
  /** Proves resume URLs, over restarts too. */
  readonly signingKey: Uint8Array;
}

/** Opens the client and the limited client in front of it. */
export function openOutboundClient({ webhooks }: Pick<Config, 'webhooks'>, log: Logger): OutboundClient {
  const { maxResponseBytes, retryStatuses, concurrencyPerHost, breaker, ...clientOptions } = webhooks;
  const clock = systemClock;
  const client = new HttpClient({ ...CLIENT_DEFAULTS, ...clientOptions }, clock);
  const limitedClient = new LimitedClient({
    client,
    clock,
    log,
    policy: { concurrencyPerHost, breaker: breakerPolicy(breaker) },
  });
  return { client, limitedClient, limits: { ...WEBHOOK_LIMITS, maxResponseBytes, retryStatuses } };
}

/** Builds it. Nothing is delivered before the outbox is started. */
export function openOutboundHttp(
  { config, identity, webhooks: configured, target, signingKey }: OutboundSite,
  store: DeliveryStore,
  log: Logger,
): OutboundHttp {
  const clock = systemClock;
  const secrets = config.secret;
  const { client, limitedClient, limits } = openOutboundClient(config, log);
  const resumes = new ResumeUrls(signingKey, log);
  const tokens = new TokenSource(limitedClient, clock);
  const proving = { identity, clock, random: systemRandom, tokens };
  const sender = new Sender({ ...proving, client: limitedClient });
  const webhooks = createWebhookPort({ sender, secrets, clock, log, limits, resumes });
  const policy = deliveryPolicy(config);
  const outbox = new Outbox({
    store,
    target: (name) => configured().find((webhook) => webhook.name === name) ?? target(name),
    // Deliveries have a schedule and limits of their own.
    sender: new Sender({ ...proving, client }),
    secrets,
    clock,
    random: systemRandom,
    log,
    policy,
  });
  return {
    client,
    limits,
    limitedClient,
    resumes,
    webhooks,
    outbox,
    forgetTokens: () => tokens.forget(identity.credentials, secrets),
    async finish() {
      await within(clock, FINISH_MS, webhooks.idle());
      await within(clock, FINISH_MS, outbox.flush());
    },
    async close() {
      // What the outbox waits for may be a database that takes nothing any more.
      await within(clock, FINISH_MS, outbox.stop());
      await client.close();
    },
  };
}

function breakerPolicy({ failures, windowSeconds, openSeconds, serverErrors }: Config['webhooks']['breaker']): BreakerPolicy {
  return { failures, windowMs: windowSeconds * 1000, openMs: openSeconds * 1000, serverErrors };
}

function deliveryPolicy({ reports }: Config): DeliveryPolicy {
  const timeoutMs = reports.timeoutSeconds * 1000;
  return {
    ...DELIVERY_POLICY,
    timeoutMs,
    retryAfterMs: reports.retrySeconds.map((seconds) => seconds * 1000),
    perHost: reports.concurrencyPerHost,
    maxRetryAfterMs: reports.maxRetryAfterSeconds * 1000,
    leaseMs: Math.max(DELIVERY_POLICY.leaseMs, timeoutMs * 2),
  };
}
