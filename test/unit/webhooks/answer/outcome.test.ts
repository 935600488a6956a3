import { describe, expect, it } from 'vitest';
import { AnswerHeaders } from '../../../../src/http/answer-headers.js';
import type { ExchangeResult } from '../../../../src/http/client.js';
import type { Json } from '../../../../src/lib/json/json.js';
import { err } from '../../../../src/lib/result.js';
import { answerOf, notSent, statusTypeOf } from '../../../../src/webhooks/answer/outcome.js';
import type { ErrorReason, WebhookCall } from '../../../../src/model/webhook.js';
import { webhookCall } from '../../../support/webhook-calls.js';

type Response = Extract<ExchangeResult, { kind: 'response' }>;

function response(status: number, body: string | null = null, more: Partial<Response> = {}): Response {
  const headers = new AnswerHeaders({ 'content-type': 'application/json' });
  const bytes = body === null ? null : Buffer.from(body);
  return { kind: 'response', status, headers, body: bytes, problem: null, note: null, attempts: 1, ms: 114, ...more };
}

function answer(result: ExchangeResult, more: Partial<WebhookCall> = {}) {
  return answerOf(webhookCall('https://a/', more), 'https://a/', result, () => Promise.resolve(err('no XML here')));
}

const wants = (path: string, required: boolean): Partial<WebhookCall> => ({ mapping: [{ path, required }] });
const basic = { auth: { type: 'basic', username: ['a'], password: ['b'] } } as const;
const failed = (failure: Extract<ExchangeResult, { kind: 'failed' }>['failure']): ExchangeResult => ({
  kind: 'failed',
  failure,
  detail: 'why',
  attempts: 1,
  ms: 50,
});

describe('success', () => {
  // docs/behaviour.md#result-variables
  it('status, type, seconds with two decimals, raw text', async () => {
    expect(await answer(response(201, '{"a":1}'))).toEqual({
      status: 201,
      statusType: 'SUCCESSFUL',
      duration: 0.11,
      raw: '{"a":1}',
      reason: null,
      detail: null,
      mapped: [],
      url: 'https://a/',
      attempts: 1,
    });
  });

  // docs/behaviour.md#answers-without-a-body
  it('an answer without a body succeeds, unless something is required in it', async () => {
    expect(await answer(response(204), wants('a', false))).toMatchObject({ raw: null, reason: null, mapped: [{ found: false }] });
    expect(await answer(response(204), wants('a', true))).toMatchObject({ raw: null, reason: 'INVALID_RESPONSE_MAP' });
  });

  it('what is missing is said with its likely cause: no body, or JSON that the server calls something else', async () => {
    expect(await answer(response(204), wants('a', true))).toMatchObject({
      detail: 'the answer has no value at a (it has no body)',
    });
    const html = response(200, '{"a":1}', {
      headers: new AnswerHeaders({ 'content-type': 'text/html; charset=utf-8' }),
    });
    expect(await answer(html, { ...wants('a', true), responseType: 'auto' })).toMatchObject({
      reason: 'INVALID_RESPONSE_MAP',
      detail:
        'the answer has no value at a; its Content-Type names neither JSON nor XML, so it was read as plain text: set responseType',
    });
    expect(await answer(html, { ...wants('a', true), responseType: 'json' })).toMatchObject({ reason: null });
    expect(await answer(response(200, '{"b":1}'), wants('a', true))).toMatchObject({ detail: 'the answer has no value at a' });
  });

  it('a body nobody asks for is not read', async () => {
    expect(await answer(response(200, 'not json'))).toMatchObject({ reason: null, raw: 'not json' });
  });

  // docs/behaviour.md#explicit-null
  it('an explicit null is found', async () => {
    expect(await answer(response(200, '{"a":null}'), wants('a', true))).toMatchObject({
      reason: null,
      mapped: [{ found: true, value: null }],
    });
  });

  // docs/behaviour.md#required-values
  it('optional rows may find nothing', async () => {
    expect(await answer(response(200, '{}'), wants('a', false))).toMatchObject({ reason: null, mapped: [{ found: false }] });
  });
});

describe('every reason', () => {
  const cases: [ErrorReason, ExchangeResult, Partial<WebhookCall>][] = [
    ['TIMEOUT', failed('timeout'), {}],
    ['CONNECTION_FAILURE', failed('connection'), {}],
    ['INVALID_REQUEST', failed('refused'), {}],
    ['INVALID_REQUEST', failed('bad-request'), {}],
    ['INVALID_RESPONSE', failed('bad-response'), {}],
    ['INVALID_RESPONSE', response(200, 'not json'), wants('a', false)],
    ['INVALID_RESPONSE', response(200, null, { problem: 'too-large' }), {}],
    ['INVALID_RESPONSE', response(200, null, { problem: 'bad-encoding' }), {}],
    ['INVALID_RESPONSE_MAP', response(200, '{"b":1}'), wants('a', true)],
    ['AUTHENTICATION_FAILURE', response(401), basic],
    ['AUTHENTICATION_FAILURE', response(407), basic],
    ['CLIENT_ERROR', response(401), {}],
    ['CLIENT_ERROR', response(403), basic],
    ['CLIENT_ERROR', response(404), {}],
    ['SERVER_ERROR', response(500), {}],
    ['SERVER_ERROR', response(999), {}],
    ['REDIRECTION', response(301), {}],
    ['REDIRECTION', response(304), {}],
    ['INFORMATIONAL', response(101), {}],
  ];
  it.each(cases)('%s (case %#)', async (reason, result, more) => {
    const got = await answer(result, more);
    expect(got.reason).toBe(reason);
    expect(got.detail).toBeTruthy();
  });

  // docs/behaviour.md#saved-status
  it('without a whole response there is no status', async () => {
    for (const failure of ['timeout', 'connection', 'refused', 'bad-response'] as const)
      expect(await answer(failed(failure))).toMatchObject({ status: null, statusType: null, raw: null });
  });

  it('a request that was never made took no attempt', () => {
    expect(notSent(webhookCall('x', wants('a', true)), '', { reason: 'INVALID_REQUEST', detail: 'why' })).toMatchObject({
      status: null,
      attempts: 0,
      duration: 0,
      mapped: [{ found: false }],
    });
  });
});

// docs/behaviour.md#failed-exit, #mapping-of-errors
describe('other statuses', () => {
  it('keep body and mapping, and their reason', async () => {
    expect(await answer(response(404, '{"error":"gone"}'), wants('error', true))).toMatchObject({
      status: 404,
      reason: 'CLIENT_ERROR',
      raw: '{"error":"gone"}',
      mapped: [{ found: true, value: 'gone' }],
    });
    expect(await answer(response(500, '<html>'), wants('error', true))).toMatchObject({
      reason: 'SERVER_ERROR',
      mapped: [{ found: false }],
    });
    expect(await answer(response(503, null, { problem: 'too-large' }))).toMatchObject({
      status: 503,
      reason: 'SERVER_ERROR',
      raw: null,
    });
  });

  it('say how large it could have been', async () => {
    const { detail } = await answer(response(200, null, { problem: 'too-large' }), { maxResponseBytes: 70_000 });
    expect(detail).toBe('the answer is larger than the 70000 bytes of maxResponseBytes');
  });

  it('say why a redirect was not followed', async () => {
    expect((await answer(response(302, null, { note: 'more than 3 redirects' }))).detail).toContain('more than 3 redirects');
  });
});

it.each([
  [101, 'INFORMATIONAL'],
  [200, 'SUCCESSFUL'],
  [299, 'SUCCESSFUL'],
  [302, 'REDIRECTION'],
  [418, 'CLIENT_ERROR'],
  [599, 'SERVER_ERROR'],
  [700, 'SERVER_ERROR'],
])('%i is %s', (status, type) => {
  expect(statusTypeOf(status)).toBe(type);
});

describe('rows for headers and status', () => {
  const token = { header: 'x-AUTH-token', required: true } as const;
  const headers = new AnswerHeaders({ 'X-Auth-Token': ['first', 'second'], 'content-type': 'application/json' });
  const found = (value: Json) => ({ found: true, value });

  it('read beside paths, each in its place; of several lines the first', async () => {
    const mapping = [
      { status: true, required: true },
      { path: 'a', required: true },
      token,
      { path: 'b', required: false },
    ] as const;
    expect(await answer(response(201, '{"a":1}', { headers }), { mapping })).toMatchObject({
      reason: null,
      mapped: [found(201), found(1), found('first'), { found: false }],
    });
  });

  it.each<[string, Response]>([
    ['that is missing', response(204, null, { headers })],
    ['that nobody could parse', response(200, '<html', { headers })],
  ])('need no body, and none %s fails them', async (_what, result) => {
    const mapping = [token, { status: true, required: true }] as const;
    expect(await answer(result, { mapping })).toMatchObject({
      reason: null,
      detail: null,
      mapped: [found('first'), found(result.status)],
    });
  });

  it.each<[string, Response]>([
    ['is too large', response(200, null, { headers, problem: 'too-large' })],
    ['cannot be decoded', response(200, null, { headers, problem: 'bad-encoding' })],
    ['is no JSON though a path asks for it', response(200, '<html', { headers })],
  ])('find their values though the answer fails because its body %s', async (_what, result) => {
    const mapping = [{ path: 'a', required: false }, token, { status: true, required: false }] as const;
    expect(await answer(result, { mapping })).toMatchObject({
      reason: 'INVALID_RESPONSE',
      mapped: [{ found: false }, found('first'), found(200)],
    });
  });

  it('a header that is empty is there; one that is missing is named when it is required', async () => {
    const empty = response(200, null, { headers: new AnswerHeaders({ 'x-auth-token': '' }) });
    expect(await answer(empty, { mapping: [token] })).toMatchObject({ reason: null, mapped: [found('')] });
    expect(await answer(response(204), { mapping: [token] })).toMatchObject({
      reason: 'INVALID_RESPONSE_MAP',
      detail: 'the answer has no header x-AUTH-token',
    });
    expect(await answer(response(200, '{}'), { mapping: [token, { path: 'a', required: true }] })).toMatchObject({
      detail: 'the answer has no header x-AUTH-token and no value at a',
    });
    expect(await answer(response(204), { mapping: [{ ...token, required: false }] })).toMatchObject({
      reason: null,
      mapped: [{ found: false }],
    });
  });

  it('on an error status too; without an answer they find nothing', async () => {
    const mapping = [token, { status: true, required: true }] as const;
    expect(await answer(response(500, 'oops', { headers }), { mapping })).toMatchObject({
      reason: 'SERVER_ERROR',
      mapped: [found('first'), found(500)],
    });
    expect(await answer(failed('timeout'), { mapping })).toMatchObject({ mapped: [{ found: false }, { found: false }] });
  });
});
