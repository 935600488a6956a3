import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../../../src/lib/log/log.js';
import { AnswerHeaders } from '../../../../src/http/answer-headers.js';
import type { Exchange, ExchangeResult } from '../../../../src/http/client.js';
import { DELIVERY_POLICY } from '../../../../src/webhooks/deliveries/delivery.js';
import { Outbox } from '../../../../src/webhooks/deliveries/outbox.js';
import type { DeliveryKind } from '../../../../src/model/delivery.js';
import { Sender } from '../../../../src/webhooks/request/sender.js';
import type { Signer } from '../../../../src/webhooks/signing/signer.js';
import { verifyJwt } from '../../../../src/webhooks/signing/verify-jwt.js';
import { configuredWebhook } from '../../../support/configured-webhook.js';
import { createFakeDeliveryStore } from '../../../support/fake-delivery-store.js';
import { VirtualClock } from '../../../support/virtual-clock.js';
import { JWT_SIGNER } from '../../../support/jwt-signer.js';

const SECRET = 'a signature secret of forty characters !!';
const WHSEC = `whsec_${Buffer.alloc(32, 5).toString('base64')}`;
const KINDS: readonly DeliveryKind[] = ['report', 'amendment', 'event', 'turn'];
const signers = new Map<string, Signer>([
  ['account', JWT_SIGNER],
  ['standard', { type: 'standard', secret: '$secret.whsec', previous: [] }],
]);

/** What was sent for one delivery of each kind; `answer` says how each attempt ends. */
async function delivered(sign: string, expected: number, answer: (n: number) => number = () => 200) {
  const clock = new VirtualClock();
  const store = createFakeDeliveryStore();
  const sent: (Exchange & { readonly at: number })[] = [];
  const exchange = (request: Exchange): Promise<ExchangeResult> => {
    sent.push({ ...request, at: clock.now() });
    const status = answer(sent.length);
    return Promise.resolve({
      kind: 'response',
      status,
      headers: AnswerHeaders.NONE,
      body: null,
      problem: null,
      note: null,
      attempts: 1,
      ms: 1,
    });
  };
  let jti = 0;
  const identity = { credentials: new Map(), signers, defaultSigner: null };
  const outbox = new Outbox({
    store,
    target: () => ({ ...configuredWebhook('crm'), auth: { type: 'none' }, url: 'https://crm.example/in', sign }),
    sender: new Sender({ client: { exchange }, identity, clock, random: { uuid: () => `jti-${(jti += 1)}` } }),
    secrets: (name) => ({ sig: SECRET, whsec: WHSEC })[name],
    clock,
    random: { next: () => 0.5 },
    log: silentLogger,
    policy: DELIVERY_POLICY,
  });
  for (const [n, kind] of KINDS.entries()) {
    const at = clock.now();
    store.put({ id: `d-${n}`, callId: 'c', kind, webhook: 'crm', body: `{"kind":"${kind}","ä":1.5}`, createdAt: at, dueAt: at });
  }
  outbox.start();
  // Signing is work of another thread, for which the virtual clock does not wait.
  const arrived = async (): Promise<number> => {
    await clock.advance(1000);
    return sent.length;
  };
  await expect.poll(arrived).toBe(expected);
  await outbox.stop();
  return sent;
}

describe('signed deliveries', () => {
  // docs/behaviour.md#what-is-signed
  it('reports, amendments, call events and turns all carry a token over their bytes', async () => {
    const sent = await delivered('account', 4);
    expect(sent.map(({ body }) => (JSON.parse(body ?? '') as { kind: string }).kind).sort()).toEqual([...KINDS].sort());
    for (const { method, url, headers, body, at } of sent) {
      const { authorization, 'content-type': contentType } = Object.fromEntries(headers);
      const receiver = { now: at, freshSeconds: 60, seen: null, payload: 'body', secretsOf: () => [SECRET] } as const;
      const { valid } = await verifyJwt(
        { token: authorization ?? null, method, url, contentType: contentType ?? '', body },
        receiver,
      );
      expect(valid).toBe(true);
    }
  });

  it('every attempt is signed anew, under the id of the delivery', async () => {
    const sent = await delivered('standard', 8, (n) => (n <= 4 ? 503 : 200));
    const first = sent.filter(({ headers }) => Object.fromEntries(headers)['webhook-id'] === 'd-0');
    expect(first.length).toBe(2);
    expect(new Set(first.map(({ headers }) => Object.fromEntries(headers)['webhook-signature'])).size).toBe(2);
    for (const { headers, body, at } of sent) {
      const all = Object.fromEntries(headers);
      expect(all['webhook-timestamp']).toBe(String(Math.floor(at / 1000)));
      const own = new Webhook(WHSEC).sign(all['webhook-id'] ?? '', new Date(Math.floor(at / 1000) * 1000), body ?? '');
      expect(all['webhook-signature']).toBe(own);
    }
  });
});
