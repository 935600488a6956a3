import { beforeEach, describe, expect, it } from 'vitest';
import { Aborted } from '../../../../src/lib/clock.js';
import { WEBHOOK_LIMITS } from '../../../../src/webhooks/webhook.js';
import type { WebhookAnswer, WebhookCall } from '../../../../src/model/webhook.js';
import { ScriptedClient, type ScriptedExchange } from '../../../support/scripted-client.js';
import { VirtualClock } from '../../../support/virtual-clock.js';
import { webhookCall } from '../../../support/webhook-calls.js';
import { webhookPort } from '../../../support/webhook-port.js';

let clock: VirtualClock;
beforeEach(() => {
  clock = new VirtualClock();
});

interface Tried {
  readonly answer: WebhookAnswer;
  readonly client: ScriptedClient;
  /** When each request left, ms. */
  readonly at: readonly number[];
}

/** Runs a call against a script; `random` 1 makes the waits 100, 200, 400 ms. */
async function tried(
  more: Partial<WebhookCall>,
  script: (n: number, url: string) => ScriptedExchange,
  random = 1,
): Promise<Tried> {
  const client = new ScriptedClient(clock, ({ url }, n) => script(n, url));
  const port = webhookPort(client, { clock, random: { next: () => random }, secrets: (name) => `secret of ${name}` });
  const call = webhookCall('https://api.example/orders', { timeoutMs: 10_000, ...more });
  const answer = await clock.runUntil(port.request(call, new AbortController().signal));
  return { answer, client, at: client.sent.map(({ at }) => at) };
}

describe('further tries', () => {
  // docs/behaviour.md#tries-and-fallback
  it.each([429, 502, 503, 504, 520, 521, 522, 523, 524, 527, 529, 530])('%s is tried again', async (status) => {
    const { answer, at } = await tried({ retries: 1 }, (n) => ({ status: n === 1 ? status : 200 }));
    expect(answer).toMatchObject({ status: 200, reason: null, attempts: 2 });
    expect(at).toEqual([0, 110]);
  });

  it('a connection that fails is tried again', async () => {
    const { answer } = await tried({ retries: 1 }, (n) => (n === 1 ? { fail: 'connection' } : { status: 200 }));
    expect(answer).toMatchObject({ status: 200, attempts: 2 });
  });

  it('a try that takes longer than its share is tried again', async () => {
    const { answer, at } = await tried({ retries: 1 }, (n) => ({ status: 200, afterMs: n === 1 ? 60_000 : 10 }));
    expect(answer).toMatchObject({ status: 200, attempts: 2 });
    expect(at).toEqual([0, 5100]);
  });

  it.each([400, 401, 404, 410, 500, 501, 505, 519, 525, 526, 302, 204])('%s is an answer, not tried again', async (status) => {
    const { answer } = await tried({ retries: 3 }, () => ({ status }));
    expect(answer).toMatchObject({ status, attempts: 1 });
  });

  it('a call may have its own list of statuses, an empty one too; it says nothing about connections', async () => {
    const sent = async (retryStatuses: readonly number[], script: ScriptedExchange): Promise<number> =>
      (await tried({ retries: 1, retryStatuses }, () => script)).client.sent.length;
    expect(await sent([418], { status: 418 })).toBe(2);
    expect(await sent([418], { status: 503 })).toBe(1);
    expect(await sent([], { status: 503 })).toBe(1);
    expect(await sent([], { fail: 'connection' })).toBe(2);
  });

  it('a site may have another list; a POST without a key is sent once whatever it says', async () => {
    const limits = { ...WEBHOOK_LIMITS, retryStatuses: [500] };
    for (const [method, status, requests] of [
      ['GET', 500, 2],
      ['GET', 503, 1],
      ['POST', 500, 1],
    ] as const) {
      const client = new ScriptedClient(clock, () => ({ status }));
      const call = webhookCall('https://api.example/orders', { method, retries: 1 });
      await clock.runUntil(webhookPort(client, { clock, limits }).request(call, new AbortController().signal));
      expect(client.sent).toHaveLength(requests);
    }
  });

  it('the fallback is asked after the same statuses', async () => {
    const other = { fallbackUrl: ['https://other.example/'], retryStatuses: [418] };
    const ends = async (status: number): Promise<number> =>
      (await tried(other, (n) => ({ status: n === 1 ? status : 200 }))).client.sent.length;
    expect([await ends(418), await ends(503)]).toEqual([2, 1]);
  });

  it.each(['tls', 'refused', 'bad-request', 'bad-response'] as const)('%s is not tried again', async (fail) => {
    const { client } = await tried({ retries: 3 }, () => ({ fail }));
    expect(client.sent).toHaveLength(1);
  });

  it('the waits grow and have a part of chance', async () => {
    expect((await tried({ retries: 3 }, () => ({ status: 503 }))).at).toEqual([0, 110, 320, 730]);
    clock = new VirtualClock();
    expect((await tried({ retries: 3 }, () => ({ status: 503 }), 0)).at).toEqual([0, 60, 170, 380]);
  });

  it('none unless asked for, and 3 at most', async () => {
    expect((await tried({}, () => ({ status: 503 }))).client.sent).toHaveLength(1);
    expect((await tried({ retries: 99 }, () => ({ status: 503 }))).client.sent).toHaveLength(4);
  });

  it.each(['POST', 'PATCH'] as const)('a %s is sent once, unless it carries an idempotency key', async (method) => {
    expect((await tried({ method, retries: 3 }, () => ({ status: 503 }))).client.sent).toHaveLength(1);
    const keyed = await tried({ method, retries: 3, idempotencyKey: 'k-1' }, () => ({ status: 503 }));
    expect(keyed.client.header('Idempotency-Key')).toEqual(['k-1', 'k-1', 'k-1', 'k-1']);
    const own = [{ key: 'idempotency-key', value: ['mine'] }];
    const { client } = await tried({ method, retries: 1, idempotencyKey: 'k-2', headers: own }, () => ({ status: 503 }));
    expect(client.sent.map(({ headers }) => headers.filter(([key]) => /^idem/iu.test(key)))).toEqual([
      [['idempotency-key', 'mine']],
      [['idempotency-key', 'mine']],
    ]);
  });

  it.each(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'] as const)('a %s may be sent again as it is', async (method) => {
    expect((await tried({ method, retries: 1 }, () => ({ status: 503 }))).client.sent).toHaveLength(2);
  });

  it('an idempotency key that no header can hold is an invalid request', async () => {
    const { answer, client } = await tried({ idempotencyKey: 'a\r\nb' }, () => ({ status: 200 }));
    expect(answer).toMatchObject({ reason: 'INVALID_REQUEST', attempts: 0 });
    expect(client.sent).toHaveLength(0);
  });
});

describe('time', () => {
  // docs/behaviour.md#request-timeout
  it('all tries together stay inside timeoutMs', async () => {
    const { answer, client } = await tried({ retries: 3, timeoutMs: 8000 }, () => ({ status: 200, afterMs: 60_000 }));
    expect(answer).toMatchObject({ reason: 'TIMEOUT', status: null, attempts: 4, duration: 8 });
    expect(clock.monotonic()).toBe(8000);
    expect(client.sent.map(({ timeoutMs }) => Math.round(timeoutMs))).toEqual([2000, 1967, 1867, 1467]);
  });

  it('a short timeout is not cut into shares too short for any answer', async () => {
    const { answer } = await tried({ retries: 3, timeoutMs: 1000 }, () => ({ status: 200, afterMs: 900 }));
    expect(answer).toMatchObject({ status: 200, attempts: 1 });
  });

  it('what a try leaves over goes to the next ones', async () => {
    const { client } = await tried({ retries: 1 }, () => ({ status: 503, afterMs: 100 }));
    expect(client.sent.map(({ timeoutMs }) => timeoutMs)).toEqual([5000, 9800]);
  });

  it('Retry-After in seconds is waited for', async () => {
    const script = (n: number) => ({ status: n === 1 ? 429 : 200, headers: { 'retry-after': '3' } });
    expect((await tried({ retries: 1 }, script)).at).toEqual([0, 3010]);
  });

  it('Retry-After as a date is waited for', async () => {
    const date = new Date(clock.now() + 4000).toUTCString();
    const script = (n: number) => ({ status: n === 1 ? 503 : 200, headers: { 'retry-after': date } });
    expect((await tried({ retries: 1 }, script)).at).toEqual([0, 4000]);
  });

  it.each(['10', '3600', '99999999999', 'Fri, 31 Dec 2999 23:59:59 GMT'])(
    'Retry-After: %s does not fit: the answer stands',
    async (after) => {
      const { answer, client } = await tried({ retries: 3 }, () => ({ status: 503, headers: { 'retry-after': after } }));
      expect(answer).toMatchObject({ status: 503, reason: 'SERVER_ERROR', attempts: 1 });
      expect(answer.duration).toBe(0.01);
      expect(client.sent).toHaveLength(1);
    },
  );

  it.each(['-5', '0', 'soon', '', '1e3'])('Retry-After: %s asks for nothing', async (after) => {
    const script = (n: number) => ({ status: n === 1 ? 503 : 200, headers: { 'retry-after': after } });
    expect((await tried({ retries: 1 }, script)).at).toEqual([0, 110]);
  });

  // docs/behaviour.md#caller-hangs-up
  it('a hang-up during a wait ends it, and nothing more is sent', async () => {
    const client = new ScriptedClient(clock, () => ({ status: 503, headers: { 'retry-after': '5' } }));
    const port = webhookPort(client, { clock });
    const abort = new AbortController();
    const pending = port.request(webhookCall('https://api.example/', { retries: 3, timeoutMs: 60_000 }), abort.signal);
    const rejected = expect(pending).rejects.toBeInstanceOf(Aborted);
    await clock.advance(1000);
    abort.abort();
    await rejected;
    await clock.advance(60_000);
    expect(client.sent).toHaveLength(1);
    expect(clock.pending).toBe(0);
  });

  // docs/behaviour.md#result-variables
  it('the duration covers tries and waits', async () => {
    const { answer } = await tried({ retries: 1 }, (n) => ({ status: n === 1 ? 503 : 200, afterMs: 500 }));
    expect(answer.duration).toBe(1.1);
  });
});
