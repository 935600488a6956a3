import type { DeliveryTarget } from '../ports.js';
import type { Delivery, DeliveryShape } from '../../model/delivery.js';
import { secretParts } from '../secrets/secrets.js';
import type { Outgoing } from '../request/sender.js';
import { webhookAuth } from '../auth/webhook-auth.js';
import { requestOptions, type WebhookRow } from '../../model/webhook.js';

/** How a delivery without a shape goes out. */
const PLAIN: DeliveryShape = { method: 'POST', query: [], headers: [], contentType: 'application/json; charset=utf-8' };

/**
 * The request of one attempt: the stored bytes in the stored shape, with the headers of Standard Webhooks (`webhook-id`,
 * `webhook-timestamp`, and a signature when the target names a signer).
 *
 * @param at wall-clock ms of this attempt
 */
export function deliveryRequest(delivery: Pick<Delivery, 'id' | 'body' | 'shape'>, target: DeliveryTarget, at: number): Outgoing {
  const { method, query, headers, contentType } = delivery.shape ?? PLAIN;
  return {
    method,
    url: secretParts(target.url),
    query: rows(query),
    headers: rows([
      ['idempotency-key', delivery.id],
      ['webhook-id', delivery.id],
      ['webhook-timestamp', String(Math.floor(at / 1000))],
      ...headers,
    ]),
    auth: webhookAuth(target.auth),
    ...requestOptions(target),
    body: method === 'GET' ? null : { contentType, text: delivery.body, verbatim: true },
  };
}

function rows(pairs: DeliveryShape['query']): WebhookRow[] {
  return pairs.map(([key, value]) => ({ key, value: secretParts(value) }));
}
