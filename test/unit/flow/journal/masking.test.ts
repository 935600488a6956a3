import { describe, expect, it } from 'vitest';
import {
  shownFunctionAnswer,
  shownMusic,
  shownPlay,
  shownWebhook,
  shownWebhookAnswer,
} from '../../../../src/flow/journal/masking.js';
import type { WebhookAnswer, WebhookAuth, WebhookCall } from '../../../../src/model/webhook.js';
import { webhookCall } from '../../../support/webhook-calls.js';

/* The journal shows secrets by name and nothing that was made of masked digits. */

const secret = { secret: 'shop' };
const shown = (more: Partial<WebhookCall>): Record<string, unknown> =>
  shownWebhook(webhookCall('https://api.example/a', more)) as Record<string, unknown>;

const AUTHS: readonly (readonly [WebhookAuth, WebhookAuth | object, object])[] = [
  [{ type: 'none' }, { type: 'none' }, { type: 'none' }],
  [
    { type: 'basic', username: ['ivr'], password: ['typed', secret] },
    { type: 'basic', username: 'ivr', password: '***$secret.shop' },
    { type: 'basic', username: '***', password: '***$secret.shop' },
  ],
  [
    { type: 'bearer', token: ['typed'] },
    { type: 'bearer', token: '***' },
    { type: 'bearer', token: '***' },
  ],
  [
    { type: 'apiKey', name: 'X-Key', value: [secret], in: 'query' },
    { type: 'apiKey', name: 'X-Key', value: '$secret.shop', in: 'query' },
    { type: 'apiKey', name: 'X-Key', value: '$secret.shop', in: 'query' },
  ],
  [
    {
      type: 'oauth2',
      tokenUrl: ['https://id.example/t?x=1'],
      clientId: ['me'],
      clientSecret: ['typed'],
      scope: 'a b',
      audience: 'https://api.example/tenants/1234',
      clientAuth: 'body',
    },
    {
      tokenUrl: 'https://id.example/t?x=1',
      clientId: 'me',
      clientSecret: '***',
      scope: 'a b',
      audience: 'https://api.example/tenants/1234',
    },
    { tokenUrl: 'https://id.example/***', clientId: '***', clientSecret: '***', scope: '***', audience: '***' },
  ],
  [
    { type: 'credential', name: 'crm' },
    { type: 'credential', name: 'crm' },
    { type: 'credential', name: 'crm' },
  ],
];

// docs/decisions/0014-secrets-by-name.md
describe('what the journal shows', () => {
  it.each(AUTHS)('credentials of $type', (auth, plain, masked) => {
    expect(shown({ auth })['auth']).toMatchObject(plain);
    expect(shown({ auth, masked: true })['auth']).toMatchObject(masked);
  });

  it('the fallback address and the idempotency key, unless masked', () => {
    const more = { fallbackUrl: ['https://b.example/x?k=', secret], idempotencyKey: 'order-1234' };
    expect(shown(more)).toMatchObject({ fallbackUrl: 'https://b.example/x?k=$secret.shop', idempotencyKey: 'order-1234' });
    expect(shown({ ...more, masked: true })).toMatchObject({ fallbackUrl: 'https://b.example/***', idempotencyKey: '***' });
    expect(shown({ fallbackUrl: null, idempotencyKey: null })).toMatchObject({ fallbackUrl: null, idempotencyKey: null });
  });

  const answer: WebhookAnswer = {
    status: 200,
    statusType: 'SUCCESSFUL',
    duration: 0.1,
    raw: '{"pin":"123"}',
    reason: null,
    detail: null,
    mapped: [{ found: true, value: 'ok' }],
    url: 'https://api.example/a?pin=123',
    attempts: 1,
  };

  it('the body of an answer only when no masked value went out', () => {
    expect(shownWebhookAnswer(answer, {})).toEqual(answer);
    expect(shownWebhookAnswer(answer, { masked: true })).toEqual({ ...answer, raw: '***', url: 'https://api.example/***' });
  });

  it('the sentence about such a body neither, which may quote it; one about no answer is shown', () => {
    const refused = { ...answer, status: 422, reason: 'CLIENT_ERROR', detail: 'the pin 123 is wrong' } as const;
    expect(shownWebhookAnswer(refused, { masked: true })).toMatchObject({ raw: '***', detail: '***', reason: 'CLIENT_ERROR' });
    const none = { ...answer, raw: null, reason: 'TIMEOUT', detail: 'no answer in 10 s' } as const;
    expect(shownWebhookAnswer(none, { masked: true })).toMatchObject({ raw: null, detail: 'no answer in 10 s' });
  });

  it('the same of a function; one of ours has no address', () => {
    const given = { ...answer, url: '', keys: [{ name: '$flow.key.ok', value: true }], code: null };
    expect(shownFunctionAnswer(given, {})).toEqual(given);
    expect(shownFunctionAnswer(given, { masked: true })).toEqual({ ...given, raw: '***' });
  });

  it('announcements and repeated prompts without what is private', () => {
    const segments = [
      { kind: 'say', text: '1234', private: true },
      { kind: 'say', text: 'is it' },
    ] as const;
    const hidden = [{ text: '***' }, { text: 'is it' }];
    expect(shownPlay({ segments, level: 0 })).toMatchObject({ segments: hidden });
    expect(shownMusic({ source: segments, startDelayMs: 0 })).toMatchObject({ source: hidden });
    expect(shownMusic({ source: segments[0], startDelayMs: 0 })).toMatchObject({ source: { text: '***' } });
    expect(shownMusic({ source: 'default', startDelayMs: 0 })).toEqual({ source: 'default', startDelayMs: 0 });
  });
});
