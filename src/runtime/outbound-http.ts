import type { Config } from '../config.js';
import { systemClock, within } from '../lib/clock.js';
import { systemRandom } from '../lib/ids.js';
import type { Logger } from '../lib/log.js';
import { CLIENT_DEFAULTS, HttpClient } from '../webhooks/client.js';
import { DELIVERY_POLICY, type DeliveryPolicy } from '../webhooks/delivery.js';
import { Outbox } from '../webhooks/outbox.js';
import type { DeliveryStore } from '../webhooks/ports.js';
import { createWebhookPort, WEBHOOK_LIMITS, type Webhooks } from '../webhooks/webhook.js';
import type { Site } from './site.js';

/** How long the last deliveries may take at a stop, ms. */
const FINISH_MS = 10_000;

/** Everything that goes to users' URLs: one client, the webhooks of flows, the outbox. */
export interface OutboundHttp {
  readonly client: HttpClient;
  readonly webhooks: Webhooks;
  readonly outbox: Outbox;
  /** Sends what is due and what nobody waited for, within a limit. */
  finish(): Promise<void>;
  close(): Promise<void>;
}

/** Builds it. Nothing is delivered before the outbox is started. */
export function openOutboundHttp({ config, webhooks: configured }: Site, store: DeliveryStore, log: Logger): OutboundHttp {
  const { maxResponseBytes, ...reach } = config.webhooks;
  const clock = systemClock;
  const client = new HttpClient({ ...CLIENT_DEFAULTS, ...reach }, clock);
  const secrets = config.secret;
  const limits = { ...WEBHOOK_LIMITS, maxResponseBytes };
  const webhooks = createWebhookPort({ client, secrets, clock, log, limits });
  const policy = deliveryPolicy(config);
  const outbox = new Outbox({ store, client, webhooks: () => configured, secrets, clock, random: systemRandom, log, policy });
  return {
    client,
    webhooks,
    outbox,
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

function deliveryPolicy({ reports }: Config): DeliveryPolicy {
  const timeoutMs = reports.timeoutSeconds * 1000;
  return {
    ...DELIVERY_POLICY,
    timeoutMs,
    retryAfterMs: reports.retrySeconds.map((seconds) => seconds * 1000),
    perHost: reports.concurrencyPerHost,
    leaseMs: Math.max(DELIVERY_POLICY.leaseMs, timeoutMs * 2),
  };
}
