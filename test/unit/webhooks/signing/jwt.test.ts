import { createHmac } from 'node:crypto';
import { jwtVerify } from 'jose';
import { describe, expect, it } from 'vitest';
import { seenIds } from '../../../../src/webhooks/signing/seen-ids.js';
import { signJwt } from '../../../../src/webhooks/signing/jwt.js';
import { payloadHash, type SignedMessage } from '../../../../src/webhooks/signing/payload-hash.js';
import { type JwtReceiver, verifyJwt } from '../../../../src/webhooks/signing/verify-jwt.js';

const SECRET = 'test-signature-secret';
const IAT = 1_587_494_962;
const BODY = '{"phone":"15551230001","amount":12.5}';
const CLAIMS = {
  issuer: 'Vonage',
  apiKey: 'a1b2c3d',
  applicationId: 'aaaaaaaa-bbbb-cccc-dddd-0123456789ab',
  jti: 'c5ba8f24-1a14-4c10-bfdf-3fbe8ce511b5',
  now: IAT * 1000 + 999,
};

const message = (more: Partial<SignedMessage> = {}): SignedMessage => ({
  method: 'POST',
  url: 'https://api.example/hook',
  contentType: 'application/json; charset=utf-8',
  body: BODY,
  ...more,
});

const hash = (more: Partial<SignedMessage>, rule: 'body' | 'merge' = 'body'): string => payloadHash(message(more), rule);
const hashOf = (text: string): string => hash({ contentType: 'text/plain', body: text });

async function token(more: Partial<SignedMessage> = {}, secret = SECRET, claims: Partial<typeof CLAIMS> = {}): Promise<string> {
  const signed = await signJwt(message(more), 'body', { ...CLAIMS, ...claims }, secret);
  if (!signed.ok) throw new Error(signed.error);
  return signed.value;
}

const receiver: JwtReceiver = {
  now: CLAIMS.now,
  freshSeconds: 300,
  seen: null,
  payload: 'body',
  secretsOf: (apiKey) => (apiKey === 'a1b2c3d' ? [SECRET] : []),
};

describe('payload_hash', () => {
  // docs/behaviour.md#payload-hash
  it('a POST covers its body', () => {
    expect(hash({})).toBe('207407d9e41e4ee2ffe91b3114447887c1129522549bb80d89726399f31cd39e');
  });

  it('a GET covers its query as an object, in the order of the request', () => {
    const url = 'https://api.example/hook?from=15551230001&to=15559870000';
    expect(hash({ method: 'GET', url, body: null })).toBe('26dc3b1323a25706bda95577a7761584985b4e409110614e9b94766dbd0d6bf0');
  });

  it('without anything it covers an empty object', () => {
    const nothing = '44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a';
    expect(hash({ method: 'GET', body: null })).toBe(nothing);
    expect(hash({ method: 'POST', body: null })).toBe(nothing);
    expect(hash({ method: 'GET', url: 'https://api.example/?#a=1', body: null })).toBe(nothing);
  });

  it('names that repeat become a list; values are decoded once', () => {
    const url = 'https://api.example/?a=1&b=%C3%A4+%2B&a=2&a=%2531&__proto__=x&c';
    expect(hash({ method: 'GET', url, body: null })).toBe(hashOf('{"a":["1","2","%31"],"b":"ä +","__proto__":"x","c":""}'));
  });

  it('bodies that are not JSON are covered byte for byte', () => {
    const body = '<a> ä </a>\n';
    expect(hash({ contentType: 'text/xml', body })).toBe(hashOf(body));
  });

  it('of body and query the body is covered, or both in one object', () => {
    const url = 'https://api.example/?a=1&phone=2';
    expect(hash({ url })).toBe(hash({}));
    expect(hash({ url }, 'merge')).toBe(hashOf('{"a":"1","phone":"15551230001","amount":12.5}'));
    expect(hash({ url, contentType: 'text/plain', body: 'x' }, 'merge')).toBe(hashOf('x'));
    expect(hash({ url, body: '[1]' }, 'merge')).toBe(hashOf('[1]'));
  });

  it('with only one of the two both rules agree', () => {
    const query = { method: 'GET', url: 'https://api.example/?a=1', body: null };
    expect(hash(query, 'merge')).toBe(hash(query));
    expect(hash({}, 'merge')).toBe(hash({}));
  });

  // docs/behaviour.md#body-with-get
  it('a GET with a body is signed over its query', () => {
    const url = 'https://api.example/?a=1';
    expect(hash({ method: 'GET', url })).toBe(hashOf('{"a":"1"}'));
    expect(hash({ method: 'GET' })).toBe(hashOf('{}'));
  });
});

describe('a token', () => {
  // docs/behaviour.md#signed-requests, #token-header, #token-claims
  it('is the one of the test vector, claim by claim', async () => {
    const [header = '', payload = '', signature] = (await token()).split('.');
    expect(Buffer.from(header, 'base64url').toString()).toBe('{"alg":"HS256","typ":"JWT"}');
    expect(Buffer.from(payload, 'base64url').toString()).toBe(
      '{"iat":1587494962,"jti":"c5ba8f24-1a14-4c10-bfdf-3fbe8ce511b5","iss":"Vonage","payload_hash":"207407d9e41e4ee2ffe91b3114447887c1129522549bb80d89726399f31cd39e","api_key":"a1b2c3d","application_id":"aaaaaaaa-bbbb-cccc-dddd-0123456789ab"}',
    );
    expect(signature).toBe('l_QOjEy4TgnciYtZc5sC2NMOqAiblG_agoOxMDAsWzA');
  });

  it('does not expire by itself, and has no application_id without one', async () => {
    const signed = await signJwt(message(), 'body', { ...CLAIMS, applicationId: null }, SECRET);
    const claims = JSON.parse(Buffer.from((signed.ok ? signed.value : '').split('.')[1] ?? '', 'base64url').toString()) as object;
    expect(Object.keys(claims)).toEqual(['iat', 'jti', 'iss', 'payload_hash', 'api_key']);
  });

  it('any library verifies it', async () => {
    const { payload } = await jwtVerify(await token(), new TextEncoder().encode(SECRET), {
      algorithms: ['HS256'],
      issuer: 'Vonage',
      currentDate: new Date(CLAIMS.now),
      maxTokenAge: 300,
    });
    expect(payload['api_key']).toBe('a1b2c3d');
  });

  it('is not made with an empty secret', async () => {
    expect(await signJwt(message(), 'body', CLAIMS, '')).toMatchObject({ ok: false });
  });
});

/** A token made by hand. */
function forged(header: object, payload: object, key: string | null): string {
  const text = [header, payload].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  return `${text}.${key === null ? '' : createHmac('sha256', key).update(text).digest('base64url')}`;
}

describe('verification of a token', () => {
  const verify = async (given: string | null, more: Partial<JwtReceiver> = {}, changed: Partial<SignedMessage> = {}) =>
    verifyJwt({ ...message(changed), token: given }, { ...receiver, ...more });
  const failed = async (...args: Parameters<typeof verify>) => {
    const { valid, checks } = await verify(...args);
    expect(valid).toBe(false);
    return checks.filter(({ passed }) => passed === false).map(({ name }) => name);
  };

  // docs/behaviour.md#verification-order
  it('signature first, then what else there is', async () => {
    const { valid, checks, status } = await verify(`Bearer ${await token()}`);
    expect({ valid, status }).toEqual({ valid: true, status: 200 });
    expect(checks.map(({ name }) => name)).toEqual(['algorithm', 'signature', 'fresh', 'payload', 'unused']);
    expect((await verify(await token({}, 'other'))).checks.map(({ name }) => name)).toEqual(['algorithm', 'signature']);
  });

  // docs/behaviour.md#unsigned-requests
  it('an unsigned request is to come again, signed; a badly signed one is not', async () => {
    expect(await verify(null)).toMatchObject({ valid: false, status: 503 });
    expect(await verify(' Bearer ')).toMatchObject({ valid: false, status: 503 });
    expect(await verify('Bearer x')).toMatchObject({ valid: false, status: 401 });
  });

  it('a secret that is replaced is good until it is taken away', async () => {
    const secretsOf = (): string[] => ['the new secret', SECRET];
    expect((await verify(await token(), { secretsOf })).checks[1]).toMatchObject({ passed: true, detail: 'by secret 2' });
    expect(await failed(await token(), { secretsOf: () => ['the new secret'] })).toEqual(['signature']);
  });

  it.each<[string, object, object, string | null, string]>([
    ['alg none', { alg: 'none' }, { api_key: 'a1b2c3d' }, null, 'algorithm'],
    ['alg None in other letters', { alg: 'nOnE' }, { api_key: 'a1b2c3d' }, null, 'algorithm'],
    ['another HMAC', { alg: 'HS512' }, { api_key: 'a1b2c3d' }, SECRET, 'algorithm'],
    ['a public-key algorithm over the secret', { alg: 'RS256' }, { api_key: 'a1b2c3d' }, SECRET, 'algorithm'],
    ['no signature at all', { alg: 'HS256' }, { api_key: 'a1b2c3d' }, null, 'signature'],
    ['an api_key nobody knows', { alg: 'HS256' }, { api_key: 'zzz' }, SECRET, 'signature'],
    ['an empty key', { alg: 'HS256' }, { api_key: 'a1b2c3d' }, '', 'signature'],
    ['no api_key', { alg: 'HS256' }, {}, SECRET, 'form'],
    ['missing claims', { alg: 'HS256' }, { api_key: 'a1b2c3d' }, SECRET, 'claims'],
  ])('refuses %s', async (_, header, payload, key, check) => {
    expect(await failed(forged(header, payload, key))).toEqual([check]);
  });

  it.each(['', 'a.b', 'a.b.c', '....', `${'x'.repeat(100_000)}.y.z`, 'Basic abc'])('refuses %.20j', async (given) => {
    expect((await verify(given)).valid).toBe(false);
  });

  it('refuses what is too old or from the future, unless any age is taken', async () => {
    const seconds = (s: number) => ({ now: CLAIMS.now + s * 1000 });
    expect((await verify(await token(), seconds(299))).valid).toBe(true);
    expect(await failed(await token(), seconds(302))).toEqual(['fresh']);
    expect(await failed(await token(), seconds(-302))).toEqual(['fresh']);
    expect((await verify(await token(), { ...seconds(1e6), freshSeconds: null })).valid).toBe(true);
  });

  it('refuses a changed body, and what is sent twice', async () => {
    expect(await failed(await token(), {}, { body: BODY.replace('12.5', '12.6') })).toEqual(['payload']);
    expect((await verify(await token(), { payload: null }, { body: 'x' })).valid).toBe(true);
    const seen = seenIds(600_000);
    expect(await failed(await token(), { seen }, { body: 'not ours' })).toEqual(['payload']);
    expect((await verify(await token(), { seen })).valid).toBe(true);
    expect(await failed(await token(), { seen })).toEqual(['unused']);
  });

  it('ids are forgotten after their time, the oldest first when there are too many', () => {
    const seen = seenIds(1000, 3);
    expect([seen.add('a', 0), seen.add('b', 500), seen.add('a', 999), seen.add('a', 1000)]).toEqual([true, true, false, true]);
    const few = seenIds(1000, 2);
    expect([few.add('a', 0), few.add('b', 0), few.add('c', 0), few.add('a', 0)]).toEqual([true, true, true, true]);
  });
});
