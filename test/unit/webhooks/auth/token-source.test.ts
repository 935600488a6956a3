import { beforeEach, describe, expect, it } from 'vitest';
import { Aborted, sleep } from '../../../../src/lib/clock.js';
import type { Credential } from '../../../../src/webhooks/auth/credential.js';
import { TokenSource } from '../../../../src/webhooks/auth/token-source.js';
import { AnswerHeaders } from '../../../../src/http/answer-headers.js';
import type { Exchange, ExchangeResult } from '../../../../src/http/client.js';
import { watchSecrets } from '../../../../src/webhooks/secrets/secrets.js';
import { Sender } from '../../../../src/webhooks/request/sender.js';
import { NO_IDENTITY } from '../../../../src/webhooks/auth/identity.js';
import type { WebhookAuth } from '../../../../src/model/webhook.js';
import { VirtualClock } from '../../../support/virtual-clock.js';
import { webhookCall } from '../../../support/webhook-calls.js';

type OAuth = Extract<WebhookAuth, { type: 'oauth2' }>;

const AUTH: OAuth = {
  type: 'oauth2',
  tokenUrl: ['https://id.example/token'],
  clientId: ['ivr:1'],
  clientSecret: [{ secret: 'client' }],
  scope: 'read write',
  audience: null,
  clientAuth: 'basic',
};
const LIMITS = { redirects: 0, maxBytes: 1000, timeoutMs: 5000 };

interface Far {
  readonly status?: number;
  readonly body?: unknown;
  readonly ms?: number;
  readonly failed?: 'connection' | 'timeout' | 'refused' | 'bad-response';
  readonly problem?: 'too-large';
}

let clock: VirtualClock;
let sent: Exchange[];
let tokens: number;
let tokenEnd: (n: number) => Far;
let api: (authorization: string) => Far;
let sender: Sender;
let clientSecret: string;

const isToken = ({ url }: Exchange): boolean => url.includes('id.example');
const tokenRequests = (): Exchange[] => sent.filter(isToken);
const headersOf = ({ headers }: Exchange): Record<string, string> => Object.fromEntries(headers);

async function exchange(request: Exchange): Promise<ExchangeResult> {
  sent.push(request);
  const far = isToken(request) ? tokenEnd((tokens += 1)) : api(headersOf(request)['authorization'] ?? '');
  const { status = 200, body = {}, ms = 10, failed, problem = null } = far;
  await sleep(clock, Math.min(ms, request.timeoutMs));
  if (failed !== undefined) return { kind: 'failed', failure: failed, detail: failed, attempts: 1, ms };
  if (ms > request.timeoutMs) return { kind: 'failed', failure: 'timeout', detail: 'late', attempts: 1, ms };
  const bytes = problem === null ? Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)) : null;
  return { kind: 'response', status, headers: AnswerHeaders.NONE, body: bytes, problem, note: null, attempts: 1, ms };
}

function send(auth: OAuth | Extract<WebhookAuth, { type: 'credential' }> = AUTH, limits = LIMITS, signal?: AbortSignal) {
  const secrets = watchSecrets((name) => (name === 'client' ? clientSecret : undefined));
  return clock.runUntil(sender.send({ ...webhookCall('https://api.example/'), auth }, limits, secrets, signal));
}

beforeEach(() => {
  clock = new VirtualClock();
  sent = [];
  clientSecret = 'cl1ent&secret';
  tokens = 0;
  tokenEnd = (n) => ({ body: { access_token: `token-${n}`, token_type: 'bearer', expires_in: 3600 } });
  api = () => ({});
  sender = new Sender({ client: { exchange }, identity: NO_IDENTITY, clock, random: { uuid: () => 'u' } });
});

describe('OAuth client credentials (RFC 6749 §4.4)', () => {
  it('fetches a token and sends it', async () => {
    expect(await send()).toMatchObject({ kind: 'response', status: 200, attempts: 1 });
    const [token, request] = sent;
    expect(token).toMatchObject({ method: 'POST', url: 'https://id.example/token', redirects: 0 });
    expect(token?.body).toBe('grant_type=client_credentials&scope=read+write');
    const credentials = Buffer.from('ivr%3A1:cl1ent%26secret').toString('base64');
    expect(token && headersOf(token)['authorization']).toBe(`Basic ${credentials}`);
    expect(request && headersOf(request)['authorization']).toBe('Bearer token-1');
    expect(request?.secretHeaders.has('authorization')).toBe(true);
  });

  it('puts the client into the body where the endpoint wants it, and names an audience', async () => {
    await send({ ...AUTH, clientAuth: 'body', audience: 'orders' });
    expect(Object.fromEntries(new URLSearchParams(sent[0]?.body ?? ''))).toEqual({
      grant_type: 'client_credentials',
      scope: 'read write',
      audience: 'orders',
      client_id: 'ivr:1',
      client_secret: 'cl1ent&secret',
    });
    expect(sent[0] && headersOf(sent[0])['authorization']).toBeUndefined();
  });

  it('keeps the token until shortly before it expires, for these credentials only', async () => {
    await send();
    await clock.advance(3_560_000);
    await send();
    expect(tokens).toBe(1);
    await send({ ...AUTH, scope: 'other' });
    expect(tokens).toBe(2);
    await clock.advance(15_000);
    await send();
    expect(tokens).toBe(3);
  });

  it.each([
    [undefined, 299, 300],
    ['120', 89, 91],
    [4, 2, 3],
    [0, 0, 0],
    [-5, 200, 300],
    ['soon', 200, 300],
    [1e300, 86_000, 86_400],
  ])('a life of %s is kept for a while that fits it', async (expires_in, good, over) => {
    tokenEnd = () => ({ body: { access_token: 't', expires_in } });
    await send();
    await clock.advance(Math.max(0, good * 1000 - 31_000));
    const before = tokens;
    await clock.advance(over * 1000);
    await send();
    expect(before).toBe(1);
    expect(tokens).toBe(2);
  });

  it('makes one fetch for all who wait for the same credentials', async () => {
    tokenEnd = () => ({ body: { access_token: 'shared' }, ms: 500 });
    const secrets = watchSecrets(() => 'cl1ent&secret');
    const all = Array.from({ length: 50 }, () =>
      sender.send({ ...webhookCall('https://api.example/'), auth: AUTH }, LIMITS, secrets),
    );
    const results = await clock.runUntil(Promise.all(all));
    expect(tokens).toBe(1);
    expect(results.every((result) => result.kind === 'response')).toBe(true);
  });

  // docs/behaviour.md#error-reasons
  it('on a 401 of the API it fetches a new token and asks once more, once', async () => {
    api = (authorization) => ({ status: authorization === 'Bearer token-1' ? 401 : 200 });
    expect(await send()).toMatchObject({ status: 200, attempts: 2 });
    api = () => ({ status: 401 });
    expect(await send()).toMatchObject({ status: 401, attempts: 2 });
    expect(tokens).toBe(3);
  });

  it('a token somebody else has renewed already is used without another fetch', async () => {
    await send();
    api = (authorization) => ({ status: authorization === 'Bearer token-1' ? 401 : 200, ms: 100 });
    const secrets = watchSecrets(() => 'cl1ent&secret');
    const all = [1, 2, 3].map(() => sender.send({ ...webhookCall('https://api.example/'), auth: AUTH }, LIMITS, secrets));
    const results = await clock.runUntil(Promise.all(all));
    expect(results.map((result) => result.kind === 'response' && result.status)).toEqual([200, 200, 200]);
    expect(tokens).toBe(2);
  });

  it('a credential that has become another kind meanwhile is asked with, and its answer is the answer', async () => {
    const credentials = new Map<string, Credential>([['shop', { auth: AUTH, certificate: null }]]);
    sender = new Sender({ client: { exchange }, identity: { ...NO_IDENTITY, credentials }, clock, random: { uuid: () => 'u' } });
    api = (authorization) => {
      credentials.set('shop', { auth: { type: 'bearer', token: ['fixed'] }, certificate: null });
      return { status: authorization === 'Bearer fixed' ? 201 : 401 };
    };
    expect(await send({ type: 'credential', name: 'shop' })).toMatchObject({ status: 201, attempts: 2 });
  });

  it('the refusal stands when there is no new token', async () => {
    api = () => ({ status: 401 });
    tokenEnd = (n) => (n === 1 ? { body: { access_token: 't' } } : { status: 500 });
    expect(await send()).toMatchObject({ kind: 'response', status: 401, attempts: 1 });
  });

  it.each<[string, Far, string]>([
    ['refuses the client', { status: 401, body: { error: 'invalid_client', error_description: 'x' } }, 'authentication'],
    ['answers 500', { status: 500, body: 'oops' }, 'authentication'],
    ['redirects', { status: 302 }, 'authentication'],
    ['answers no JSON', { body: '<html>' }, 'authentication'],
    ['answers a deep JSON', { body: '['.repeat(100_000) }, 'authentication'],
    ['answers without a token', { body: { token: 'x' } }, 'authentication'],
    ['answers a token with a line break', { body: { access_token: 'a\r\nX-Evil: 1' } }, 'authentication'],
    ['answers a token of another type', { body: { access_token: 'a', token_type: 'mac' } }, 'authentication'],
    ['answers too much', { problem: 'too-large' }, 'authentication'],
    ['answers no HTTP', { failed: 'bad-response' }, 'authentication'],
    ['cannot be reached', { failed: 'connection' }, 'connection'],
    ['may not be reached', { failed: 'refused' }, 'refused'],
    ['does not answer in time', { ms: 60_000 }, 'timeout'],
  ])('a token endpoint that %s costs the call its answer, in time, and nothing is sent', async (_, far, failure) => {
    tokenEnd = () => far;
    const start = clock.monotonic();
    const result = await send();
    expect(result).toMatchObject({ kind: 'failed', failure, attempts: 0, request: null });
    expect(clock.monotonic() - start).toBeLessThanOrEqual(LIMITS.timeoutMs);
    expect(tokenRequests()).toHaveLength(sent.length);
    expect(JSON.stringify(result)).not.toMatch(/cl1ent|error_description|Evil/u);
  });

  it('says the error code of the endpoint', async () => {
    tokenEnd = () => ({ status: 400, body: { error: 'invalid_scope' } });
    expect(await send()).toMatchObject({ detail: 'no access token: the token endpoint answered 400 (invalid_scope)' });
  });

  it('the time for the token is taken from the time for the answer', async () => {
    tokenEnd = () => ({ body: { access_token: 't' }, ms: 3000 });
    api = () => ({ ms: 3000 });
    expect(await send()).toMatchObject({ kind: 'failed', failure: 'timeout', ms: 5000 });
  });

  it('a caller who hangs up ends the wait, not the fetch', async () => {
    tokenEnd = () => ({ body: { access_token: 't' }, ms: 1000 });
    const hangUp = new AbortController();
    const waiting = send(AUTH, LIMITS, hangUp.signal);
    hangUp.abort();
    await expect(waiting).rejects.toBeInstanceOf(Aborted);
    await clock.advance(2000);
    await send();
    expect(tokens).toBe(1);
  });

  // docs/decisions/0014-secrets-by-name.md
  it('the token is masked wherever the API repeats it', async () => {
    const secrets = watchSecrets(() => 'cl1ent&secret');
    await clock.runUntil(sender.send({ ...webhookCall('https://api.example/'), auth: AUTH }, LIMITS, secrets));
    expect(secrets.mask('you sent token-1 and cl1ent&secret')).toBe('you sent *** and ***');
  });
});

describe('tokens of credentials that change', () => {
  const named: Extract<WebhookAuth, { type: 'credential' }> = { type: 'credential', name: 'crm' };
  let source: TokenSource;
  let credentials: Map<string, Credential>;

  const become = (auth: OAuth): void => void credentials.set('crm', { auth, certificate: null });
  const forget = (): void => source.forget(credentials, (name) => (name === 'client' ? clientSecret : undefined));

  beforeEach(() => {
    source = new TokenSource({ exchange }, clock);
    credentials = new Map();
    become(AUTH);
    const identity = { credentials, signers: new Map(), defaultSigner: null };
    sender = new Sender({ client: { exchange }, identity, clock, random: { uuid: () => 'u' }, tokens: source });
  });

  // docs/behaviour.md#credentials
  it.each([
    ['of the site', named],
    ['of the request itself', AUTH],
  ])('another secret means another token; the old one never comes back (credential %s)', async (_, auth) => {
    await send(auth);
    clientSecret = 'the next one';
    forget();
    await send(auth);
    expect(tokenRequests().map((request) => headersOf(request)['authorization'])).toEqual([
      `Basic ${Buffer.from('ivr%3A1:cl1ent%26secret').toString('base64')}`,
      `Basic ${Buffer.from('ivr%3A1:the+next+one').toString('base64')}`,
    ]);
    clientSecret = 'cl1ent&secret';
    forget();
    await send(auth);
    expect(tokens).toBe(3);
  });

  it.each<[string, () => void]>([
    ['has another scope', () => become({ ...AUTH, scope: 'admin' })],
    ['is no OAuth any more', () => credentials.set('crm', { auth: { type: 'none' }, certificate: null })],
    ['is gone', () => credentials.delete('crm')],
    ['names a secret that is gone', () => become({ ...AUTH, clientSecret: [{ secret: 'gone' }] })],
  ])('a credential that %s loses its token', async (_, change) => {
    await send(named);
    change();
    forget();
    become(AUTH);
    await send(named);
    expect(tokens).toBe(2);
  });

  it('a change of something else keeps it', async () => {
    await send(named);
    credentials.set('erp', { auth: { type: 'bearer', token: ['t'] }, certificate: null });
    become({ ...AUTH });
    forget();
    await send(named);
    expect(tokens).toBe(1);
  });

  it('one that is being fetched is given to who waits for it, and not kept', async () => {
    tokenEnd = (n) => {
      if (n === 1) forget();
      return { body: { access_token: `token-${n}` } };
    };
    expect(await send(named)).toMatchObject({ kind: 'response', status: 200 });
    await send(named);
    expect(tokens).toBe(2);
  });
});

describe('what is held of tokens', () => {
  const read = (name: string): string | undefined => (name === 'client' ? clientSecret : undefined);
  const request = (scope: string) => ({ auth: { ...AUTH, scope }, certificate: null, credential: null, rejected: null });
  const open = () => {
    const source = new TokenSource({ exchange }, clock);
    return (scope: string) => source.token(request(scope), watchSecrets(read), new AbortController().signal);
  };

  it.each([
    { afterMs: 3_569_999, fetches: 1 },
    { afterMs: 3_570_000, fetches: 2 },
    { afterMs: 3_570_001, fetches: 2 },
  ])('a token of an hour is used for half a minute less: after $afterMs ms', async ({ afterMs, fetches }) => {
    const token = open();
    // It counts from the moment it was asked for, and comes 10 ms later.
    await clock.runUntil(token('a'));
    await clock.advance(afterMs - 10);
    await clock.runUntil(token('a'));
    expect(tokens).toBe(fetches);
  });

  it.each([199, 200, 201])('%i fetches at once: two hundred are made', async (count) => {
    const token = open();
    const results = await clock.runUntil(Promise.all(Array.from({ length: count }, (_, i) => token(`scope-${i}`))));
    expect(results.filter(({ ok }) => ok)).toHaveLength(Math.min(count, 200));
    const refused = { failure: 'connection', detail: 'too many access tokens are being fetched' };
    for (const result of results.slice(200)) expect(result).toEqual({ ok: false, error: refused });
  });

  it.each([
    { others: 498, fetches: 500 },
    { others: 499, fetches: 500 },
    { others: 500, fetches: 502 },
  ])('five hundred tokens are kept, the one unused for longest goes first ($others others)', async ({ others, fetches }) => {
    const token = open();
    const ask = async (scope: string): Promise<unknown> => clock.runUntil(token(scope));
    await ask('first');
    for (let i = 0; i < others; i++) await ask(`other-${i}`);
    await ask('first');
    expect(tokens).toBe(others === 498 ? fetches - 1 : fetches);
  });

  it('what the endpoint says is cleaned of the secrets of the one who asked', async () => {
    clientSecret = 'cl1ent_secret';
    tokenEnd = () => ({ status: 400, body: { error: 'not_cl1ent_secret' } });
    const result = await clock.runUntil(open()('a'));
    expect(JSON.stringify(result)).not.toContain('cl1ent_secret');
    expect(result).toMatchObject({ ok: false, error: { failure: 'authentication' } });
  });
});
