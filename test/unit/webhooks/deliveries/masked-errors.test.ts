import { describe, expect, it } from 'vitest';
import type { Logger } from '../../../../src/lib/log/log.js';
import { attemptError, DELIVERY_POLICY } from '../../../../src/webhooks/deliveries/delivery.js';
import { Outbox } from '../../../../src/webhooks/deliveries/outbox.js';
import type { ExchangeResult } from '../../../../src/http/client.js';
import { Sender } from '../../../../src/webhooks/request/sender.js';
import { NO_IDENTITY } from '../../../../src/webhooks/auth/identity.js';
import { configuredWebhook } from '../../../support/configured-webhook.js';
import { createFakeDeliveryStore } from '../../../support/fake-delivery-store.js';
import { VirtualClock } from '../../../support/virtual-clock.js';

const SECRET = 'hush-7312.invalid';
const failed = (detail: string): ExchangeResult => ({ kind: 'failed', failure: 'connection', detail, attempts: 1, ms: 1 });

describe('what a delivery says of its failure', () => {
  it('holds no secret: not in the attempt, not in the cause of its death, not in the log', async () => {
    const clock = new VirtualClock();
    const store = createFakeDeliveryStore();
    const lines: unknown[] = [];
    const line = (fields: object, message: string): void => void lines.push({ ...fields, message });
    const log: Logger = { debug: line, info: line, warn: line, error: line, child: () => log };
    const client = { exchange: () => Promise.resolve(failed(`getaddrinfo ENOTFOUND ${SECRET}`)) };
    new Outbox({
      store,
      sender: new Sender({ client, identity: NO_IDENTITY, clock, random: { uuid: () => 'u' } }),
      target: () => configuredWebhook('crm', { url: 'https://$secret.host/report' }),
      secrets: () => SECRET,
      clock,
      random: { next: () => 0.5 },
      log,
      policy: { ...DELIVERY_POLICY, retryAfterMs: [1000] },
    }).start();
    store.put({ id: 'd', callId: 'c', kind: 'report', webhook: 'crm', body: '{}', createdAt: clock.now(), dueAt: clock.now() });
    await clock.advance(120_000);
    const kept = store.get('d');
    expect(kept).toMatchObject({ state: 'dead', attempts: [{ error: 'connection: getaddrinfo ENOTFOUND ***' }, {}] });
    expect(JSON.stringify(lines)).toContain('DELIVERY_DEAD');
    expect(JSON.stringify([kept, lines])).not.toContain('7312');
  });

  it('is cut after it is masked, so that no half of a secret is left', () => {
    const detail = `${'x'.repeat(280)} ${SECRET} and more`;
    const error = attemptError(failed(detail), (text) => text.replaceAll(SECRET, '***'));
    expect(error).toHaveLength(300);
    expect(error).not.toContain('hush');
  });
});
