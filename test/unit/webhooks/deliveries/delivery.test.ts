import { describe, expect, it } from 'vitest';
import { AnswerHeaders } from '../../../../src/http/answer-headers.js';
import type { ExchangeResult } from '../../../../src/http/client.js';
import { retryAfterMs } from '../../../../src/http/retry-after.js';
import { afterAttempt, attemptError, DELIVERY_POLICY } from '../../../../src/webhooks/deliveries/delivery.js';

const NOW = Date.UTC(2026, 0, 5, 9, 0, 0);
const policy = { ...DELIVERY_POLICY, jitter: 0 };

function answered(status: number, headers: Record<string, string | string[]> = {}): ExchangeResult {
  return {
    kind: 'response',
    status,
    headers: new AnswerHeaders(headers),
    body: null,
    problem: null,
    note: null,
    attempts: 1,
    ms: 5,
  };
}
const dropped: ExchangeResult = { kind: 'failed', failure: 'connection', detail: 'reset', attempts: 1, ms: 5 };

const after = (n: number, result: ExchangeResult, random = 0, jitter = 0) =>
  afterAttempt({ ...policy, jitter }, n, result, { now: NOW, random });

describe('after an attempt', () => {
  it.each([200, 201, 202, 204, 299])('%i is delivered', (status) => {
    expect(after(1, answered(status))).toEqual({ state: 'delivered', waitMs: null });
  });

  it('a 2xx is delivered whatever is wrong with its body', () => {
    expect(after(1, { ...answered(200), problem: 'too-large' } as ExchangeResult)).toMatchObject({ state: 'delivered' });
  });

  it.each([301, 304, 400, 401, 404, 429, 500, 503])('%i is tried again', (status) => {
    expect(after(1, answered(status))).toEqual({ state: 'pending', waitMs: 5000 });
  });

  it('waits 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 10 h as Standard Webhooks senders do, and 12 h; then it is dead', () => {
    const waits = Array.from({ length: 9 }, (_, i) => after(i + 1, dropped).waitMs);
    expect(waits).toEqual([5000, 300_000, 1_800_000, 7_200_000, 18_000_000, 36_000_000, 36_000_000, 43_200_000, null]);
    expect(after(9, dropped).state).toBe('dead');
    const eighth = waits.slice(0, 7).reduce<number>((sum, ms) => sum + (ms ?? 0), 0);
    expect(eighth).toBe(((27 * 60 + 35) * 60 + 5) * 1000);
  });

  it('410 ends it at once', () => {
    expect(after(1, answered(410))).toEqual({ state: 'dead', waitMs: null });
  });

  it('an empty schedule means one attempt', () => {
    expect(afterAttempt({ ...policy, retryAfterMs: [] }, 1, dropped, { now: NOW, random: 0 }).state).toBe('dead');
  });

  it('jitter adds at most its share', () => {
    expect(after(1, dropped, 0, 0.2).waitMs).toBe(5000);
    expect(after(1, dropped, 0.999_999, 0.2).waitMs).toBe(6000);
  });
});

describe('Retry-After', () => {
  it('is honoured when longer than the schedule, up to the bound', () => {
    expect(after(1, answered(429, { 'retry-after': '120' })).waitMs).toBe(120_000);
    expect(after(1, answered(503, { 'retry-after': '1' })).waitMs).toBe(5000);
    expect(after(1, answered(503, { 'retry-after': '99999999' })).waitMs).toBe(policy.maxRetryAfterMs);
  });

  it.each([
    ['30', 30_000],
    [' 30 ', 30_000],
    [new Date(NOW + 90_000).toUTCString(), 90_000],
    [new Date(NOW - 90_000).toUTCString(), 0],
    ['soon', null],
    ['-5', null],
    [undefined, null],
    [['30', '90'], 30_000],
    ['30, 90', 30_000],
    [[], null],
  ])('%j is %j ms', (header, ms) => {
    const got = retryAfterMs(new AnswerHeaders({ 'retry-after': header }), NOW);
    if (header === '-5') expect(got ?? 0).toBe(0);
    else expect(got).toBe(ms);
  });
});

it('says in short what went wrong', () => {
  expect(attemptError(dropped)).toBe('connection: reset');
  expect(attemptError(answered(503))).toBe('the server answered 503');
  expect(attemptError({ ...dropped, detail: 'x'.repeat(1000) })).toHaveLength(300);
});
