import { sleep } from '../../src/lib/clock.js';
import { silentLogger } from '../../src/lib/log/log.js';
import { AnswerHeaders } from '../../src/http/answer-headers.js';
import type { Exchange, ExchangeResult } from '../../src/http/client.js';
import { DELIVERY_POLICY, type DeliveryPolicy } from '../../src/webhooks/deliveries/delivery.js';
import { Outbox } from '../../src/webhooks/deliveries/outbox.js';
import type { DeliveryStore } from '../../src/webhooks/ports.js';
import type { ConfiguredWebhook } from '../../src/webhooks/configured/schema.js';
import { Sender } from '../../src/webhooks/request/sender.js';
import { NO_IDENTITY } from '../../src/webhooks/auth/identity.js';
import { VirtualClock } from './virtual-clock.js';

/** What the far side does with a request. */
export interface FarSide {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  /** Until it answers. */
  readonly ms?: number;
  /** No answer at all. */
  readonly fail?: boolean;
}

/** An outbox on a virtual clock, with a far side that tests decide. */
export class OutboxRig {
  readonly clock = new VirtualClock();
  readonly sent: { readonly id: string; readonly url: string; readonly body: string | null; readonly at: number }[] = [];
  webhooks: ConfiguredWebhook[] = [];
  /** By default it takes everything in 20 ms. */
  answer: (exchange: Exchange) => FarSide = () => ({});
  /** How many redirects the client was to follow, by request. */
  readonly redirects: number[] = [];
  /** Most requests at one time, by host. */
  readonly worst = new Map<string, number>();
  /** False: nothing is noted of what is sent. */
  keep = true;
  readonly #underway = new Map<string, number>();

  outbox(store: DeliveryStore, policy: Partial<DeliveryPolicy> = {}): Outbox {
    const { clock } = this;
    const client = { exchange: (exchange: Exchange) => this.#exchange(exchange) };
    return new Outbox({
      store,
      sender: new Sender({ client, identity: NO_IDENTITY, clock, random: { uuid: () => 'u' } }),
      target: (name) => this.webhooks.find((webhook) => webhook.name === name),
      secrets: () => undefined,
      clock,
      random: { next: () => 0.5 },
      log: silentLogger,
      policy: { ...DELIVERY_POLICY, ...policy },
    });
  }

  async #exchange(exchange: Exchange): Promise<ExchangeResult> {
    const { host } = new URL(exchange.url);
    const { url, body } = exchange;
    this.redirects.push(exchange.redirects);
    if (this.keep)
      this.sent.push({ id: Object.fromEntries(exchange.headers)['webhook-id'] ?? '', url, body, at: this.clock.now() });
    const underway = (this.#underway.get(host) ?? 0) + 1;
    this.#underway.set(host, underway);
    this.worst.set(host, Math.max(this.worst.get(host) ?? 0, underway));
    const { status = 200, headers = {}, ms = 20, fail = false } = this.answer(exchange);
    await sleep(this.clock, Math.min(ms, exchange.timeoutMs));
    this.#underway.set(host, (this.#underway.get(host) ?? 0) - 1);
    if (fail || ms > exchange.timeoutMs) return { kind: 'failed', failure: 'timeout', detail: 'late', attempts: 1, ms };
    return {
      kind: 'response',
      status,
      headers: new AnswerHeaders(headers),
      body: null,
      problem: null,
      note: null,
      attempts: 1,
      ms,
    };
  }
}
