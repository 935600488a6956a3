import { createServer as createHttpServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo, Server, Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { jwtVerify } from 'jose';
import { Webhook } from 'standardwebhooks';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../../src/lib/clock.js';
import { systemRandom } from '../../../../src/lib/ids.js';
import { clientCertificate } from '../../../../src/http/client-certificate.js';
import type { Credential } from '../../../../src/webhooks/auth/credential.js';
import { CLIENT_DEFAULTS, HttpClient } from '../../../../src/http/client.js';
import { watchSecrets } from '../../../../src/webhooks/secrets/secrets.js';
import { type Outgoing, Sender } from '../../../../src/webhooks/request/sender.js';
import type { Signer } from '../../../../src/webhooks/signing/signer.js';
import { verifyJwt } from '../../../../src/webhooks/signing/verify-jwt.js';
import type { WebhookCall } from '../../../../src/model/webhook.js';
import { API_EXAMPLE_CERT, API_EXAMPLE_KEY, CLIENT_CERT, CLIENT_KEY, TEST_CA } from '../../../support/tls-identity.js';
import { webhookCall } from '../../../support/webhook-calls.js';
import { JWT_SIGNER } from '../../../support/jwt-signer.js';

const SECRETS: Record<string, string> = {
  sig: 'a signature secret of forty characters !!',
  new: 'the signature secret that comes after it',
  whsec: `whsec_${Buffer.alloc(32, 1).toString('base64')}`,
  old: `whsec_${Buffer.alloc(32, 2).toString('base64')}`,
  key: 'k3y-of-the-api',
};
const SIGNERS: [string, Signer][] = [
  ['account', JWT_SIGNER],
  ['standard', { type: 'standard', secret: '$secret.whsec', previous: ['$secret.old'] }],
];
const LIMITS = { redirects: 0, maxBytes: 65_536, timeoutMs: 3000 };

interface Received {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

let client: HttpClient;
let servers: Server[];
let received: Received[];
let base: string;

async function listen(server: Server): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

/** Notes what comes; `/to?URL` redirects there, `/see?URL` with 303. */
function note(request: IncomingMessage, response: ServerResponse): void {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const { method = '', url = '', headers } = request;
    received.push({ method, url, headers, body: Buffer.concat(chunks).toString('utf8') });
    const [, path, target] = /^\/(to|see)\?(.*)$/u.exec(url) ?? [];
    if (target !== undefined)
      response.writeHead(path === 'to' ? 307 : 303, { location: decodeURIComponent(target.split('&')[0] ?? '') });
    response.end('{}');
  });
}

function sender(
  more: { credentials?: [string, Credential][]; signers?: [string, Signer][]; defaultSigner?: string | null } = {},
): Sender {
  const { credentials = [], signers = SIGNERS, defaultSigner = null } = more;
  const identity = { credentials: new Map(credentials), signers: new Map(signers), defaultSigner };
  return new Sender({ client, identity, clock: systemClock, random: systemRandom });
}

const secrets = watchSecrets((name) => SECRETS[name]);

function send(more: Partial<WebhookCall>, from: Sender = sender(), limits = LIMITS) {
  const outgoing: Outgoing = { ...webhookCall(`${base}/hook`), ...more };
  return from.send(outgoing, limits, secrets);
}

const post = { method: 'POST', body: { contentType: 'application/json; charset=utf-8', text: '{ "a": 1.0 }' } } as const;

beforeEach(async () => {
  servers = [];
  received = [];
  client = new HttpClient(
    { ...CLIENT_DEFAULTS, allowHttp: true, allowNetworks: ['127.0.0.1'], ca: [TEST_CA] },
    systemClock,
    (_, done) => done(null, [{ address: '127.0.0.1', family: 4 }]),
  );
  base = `http://127.0.0.1:${await listen(createHttpServer(note))}`;
});
afterEach(async () => {
  await client.close();
  for (const server of servers) server.close();
});

/** Whether the last request is genuine to a receiver that knows the secret. */
async function genuine(header: string, secret = SECRETS['sig'] ?? ''): Promise<boolean> {
  const last = received.at(-1);
  if (last === undefined) throw new Error('nothing came');
  const contentType = last.headers['content-type'] ?? '';
  const body = last.body === '' ? null : last.body;
  const token = last.headers[header];
  const { valid } = await verifyJwt(
    { token: typeof token === 'string' ? token : null, method: last.method, url: `${base}${last.url}`, contentType, body },
    { now: Date.now(), freshSeconds: 300, seen: null, payload: 'body', secretsOf: () => [secret] },
  );
  return valid;
}

describe('a signed request', () => {
  // docs/behaviour.md#signed-requests, #token-header, #payload-hash
  it('carries a token over what is really sent, in Authorization', async () => {
    await send({ ...post, sign: 'account' });
    expect(received[0]?.body).toBe('{"a":1.0}');
    expect(await genuine('authorization')).toBe(true);
    await send({ query: [{ key: 'a', value: ['ä b+'] }], sign: 'account' });
    expect(await genuine('authorization')).toBe(true);
    await send({ ...post, body: { contentType: 'text/xml; charset=utf-8', text: '<a>ä</a>' }, sign: 'account' });
    expect(await genuine('authorization')).toBe(true);
  });

  // docs/behaviour.md#token-claims
  it('a library finds our claims in it, and every request has its own id', async () => {
    await send({ sign: 'account' });
    await send({ sign: 'account' });
    const claims = await Promise.all(
      received.map(async ({ headers }) => {
        const token = headers.authorization?.split(' ')[1] ?? '';
        const { payload } = await jwtVerify(token, new TextEncoder().encode(SECRETS['sig']), { algorithms: ['HS256'] });
        return payload;
      }),
    );
    expect(claims[0]).toMatchObject({ iss: 'Offhook', api_key: 'abc' });
    expect(claims[0]?.jti).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/u);
    expect(claims[1]?.jti).not.toBe(claims[0]?.jti);
  });

  it('credentials keep Authorization, the token goes to the second header', async () => {
    for (const more of [
      { auth: { type: 'basic', username: ['a'], password: ['b'] } },
      { auth: { type: 'bearer', token: ['t'] } },
      { headers: [{ key: 'AUTHORIZATION', value: ['Own x'] }] },
    ] as const) {
      await send({ ...more, sign: 'account' });
      expect(received.at(-1)?.headers.authorization).toMatch(/^(?:Basic YTpi|Bearer t|Own x)$/u);
      expect(await genuine('x-webhook-auth-token')).toBe(true);
    }
    const named = sender({ signers: [['account', { ...JWT_SIGNER, header: 'X-Sig' }]] });
    await send({ auth: { type: 'bearer', token: ['t'] }, sign: 'account' }, named);
    expect(await genuine('x-sig')).toBe(true);
  });

  it('when both headers are taken nothing is sent unsigned', async () => {
    const headers = [
      { key: 'Authorization', value: ['x'] },
      { key: 'x-webhook-auth-token', value: ['y'] },
    ];
    expect(await send({ headers, sign: 'account' })).toMatchObject({ kind: 'failed', failure: 'bad-request', request: null });
    expect(received).toEqual([]);
  });

  it('the site signs what says nothing about it; null turns it off', async () => {
    const site = sender({ defaultSigner: 'account' });
    await send({}, site);
    expect(await genuine('authorization')).toBe(true);
    await send({ sign: null }, site);
    await send({});
    expect(received.slice(1).map(({ headers }) => headers.authorization)).toEqual([undefined, undefined]);
  });

  it('an API key in the query is covered by the signature', async () => {
    await send({ auth: { type: 'apiKey', name: 'key', value: [{ secret: 'key' }], in: 'query' }, sign: 'account' });
    expect(received[0]?.url).toBe('/hook?key=k3y-of-the-api');
    expect(await genuine('authorization')).toBe(true);
  });

  it('is not sent when its signer is unknown or has no secret', async () => {
    expect(await send({ sign: 'nobody' })).toMatchObject({
      failure: 'bad-request',
      detail: 'there is no signer nobody in credentials.json',
    });
    const unset = sender({ signers: [['account', { ...JWT_SIGNER, secrets: ['$secret.nope'] }]] });
    expect(await send({ sign: 'account' }, unset)).toMatchObject({
      failure: 'bad-request',
      detail: 'the secret nope is not set',
    });
    expect(received).toEqual([]);
  });

  it('the first secret signs; receivers that know only another one refuse', async () => {
    await send(
      { sign: 'account' },
      sender({ signers: [['account', { ...JWT_SIGNER, secrets: ['$secret.new', '$secret.sig'] }]] }),
    );
    expect(await genuine('authorization', SECRETS['new'])).toBe(true);
    expect(await genuine('authorization')).toBe(false);
  });
});

describe('a request signed by Standard Webhooks', () => {
  it.each(['whsec', 'old'])('is verified by the reference library with the secret %s', async (name) => {
    await send({ ...post, sign: 'standard' });
    const { headers, body } = received[0] ?? { headers: {}, body: '' };
    const library = new Webhook(SECRETS[name] ?? '');
    expect(library.verify(body, headers as Record<string, string>)).toEqual({ a: 1 });
    expect(() => library.verify(`${body} `, headers as Record<string, string>)).toThrow();
  });

  it('keeps the id a message has, or its idempotency key: the same over all tries', async () => {
    for (const key of ['webhook-id', 'Idempotency-Key'])
      await send({ ...post, headers: [{ key, value: ['id-1'] }], sign: 'standard' });
    await send({ ...post, headers: [{ key: 'Idempotency-Key', value: ['a.b c'] }], sign: 'standard' });
    expect(received.map(({ headers }) => headers['webhook-id'])).toEqual([
      'id-1',
      'id-1',
      expect.stringMatching(/^[0-9a-f-]{36}$/u),
    ]);
    const library = new Webhook(SECRETS['whsec'] ?? '');
    for (const { headers, body } of received) expect(library.verify(body, headers as Record<string, string>)).toEqual({ a: 1 });
  });

  it.each(['webhook-signature', 'webhook-timestamp', 'webhook-id'])(
    'a %s of the flow that cannot be signed is refused',
    async (key) => {
      expect(await send({ headers: [{ key, value: ['a.b'] }], sign: 'standard' })).toMatchObject({ failure: 'bad-request' });
    },
  );
});

describe('a secret that is replaced while a request is under way', () => {
  const [before, after] = [SECRETS['whsec'] ?? '', `whsec_${Buffer.alloc(32, 9).toString('base64')}`];
  const signers: [string, Signer][] = [['one', { type: 'standard', secret: '$secret.whsec', previous: [] }]];

  it('the request keeps what it began with, behind a redirect too; the next one has the new', async () => {
    let current = before;
    const rotating = watchSecrets((name) => (name === 'whsec' ? current : SECRETS[name]));
    const rotate = createHttpServer((request, response) => {
      current = after;
      note(request, response);
    });
    const origin = `http://127.0.0.1:${await listen(rotate)}`;
    const from = sender({ signers });
    const outgoing = { ...webhookCall(''), ...post, sign: 'one', url: [`${origin}/to?${encodeURIComponent(`${origin}/same`)}`] };
    await from.send(outgoing, { ...LIMITS, redirects: 2 }, rotating);
    await from.send(outgoing, LIMITS, rotating);
    const by = (secret: string) => (one: Received) => {
      try {
        return new Webhook(secret).verify(one.body, one.headers as Record<string, string>) !== undefined;
      } catch {
        return false;
      }
    };
    expect(received.map(by(before))).toEqual([true, true, false]);
    expect(received.map(by(after))).toEqual([false, false, true]);
    expect(rotating.mask(`${before} ${after}`)).toBe('*** ***');
  });

  // docs/decisions/0014-secrets-by-name.md
  it('old and new are both masked in what the service repeats', async () => {
    let current = 'the-old-key-1';
    const rotating = watchSecrets(() => current);
    const auth = { type: 'apiKey', name: 'X-Key', in: 'header', value: [{ secret: 'key' }] } as const;
    for (const key of ['the-old-key-1', 'the-new-key-2']) {
      current = key;
      await sender().send({ ...webhookCall(`${base}/hook`), auth }, LIMITS, rotating);
    }
    expect(received.map(({ headers }) => headers['x-key'])).toEqual(['the-old-key-1', 'the-new-key-2']);
    expect(rotating.mask('the-old-key-1, the-new-key-2')).toBe('***, ***');
  });
});

describe('redirects', () => {
  const redirected = { ...LIMITS, redirects: 3 };

  // docs/behaviour.md#redirects
  it('no credential, key, token or signature follows to another origin', async () => {
    const other = `http://127.0.0.1:${await listen(createHttpServer(note))}/other`;
    const url = [`${base}/to?${encodeURIComponent(other)}`];
    const key = { type: 'apiKey', value: [{ secret: 'key' }] } as const;
    await send({ url, auth: { ...key, name: 'X-API-Key', in: 'header' }, sign: 'account' }, sender(), redirected);
    await send({ url, auth: { ...key, name: 'api_key', in: 'query' }, sign: 'standard' }, sender(), redirected);
    await send({ url, auth: { type: 'bearer', token: ['secret-token'] }, sign: 'account' }, sender(), redirected);
    const foreign = received.filter((one) => one.url.startsWith('/other'));
    expect(foreign).toHaveLength(3);
    for (const { url: sent, headers } of foreign) {
      expect(sent).toBe('/other');
      expect(JSON.stringify(headers)).not.toMatch(/k3y|secret-token|eyJ|v1,/u);
    }
  });

  it('within the origin each request has a signature of its own, over what is then sent', async () => {
    const tokens = new Set<unknown>();
    for (const path of ['to', 'see']) {
      received = [];
      await send({ ...post, url: [`${base}/${path}?${encodeURIComponent('/same?b=2')}`], sign: 'account' }, sender(), redirected);
      expect(received.map(({ method }) => method)).toEqual(['POST', path === 'to' ? 'POST' : 'GET']);
      expect(await genuine('authorization')).toBe(true);
      for (const { headers } of received) tokens.add(headers.authorization);
    }
    expect(tokens.size).toBe(4);
    received = [];
    await send({ ...post, url: [`${base}/see?${encodeURIComponent('/same')}`], sign: 'standard' }, sender(), redirected);
    expect(received[1]?.headers['webhook-id']).toBe(received[0]?.headers['webhook-id']);
    expect(received[1]?.headers['webhook-signature']).not.toBe(received[0]?.headers['webhook-signature']);
  });

  it('a signature that another origin took away does not come back', async () => {
    const other = await listen(createHttpServer(note));
    const back = `http://127.0.0.1:${other}/to?${encodeURIComponent(`${base}/back`)}`;
    await send({ url: [`${base}/to?${encodeURIComponent(back)}`], sign: 'account' }, sender(), redirected);
    expect(received.at(-1)?.url).toBe('/back');
    expect(JSON.stringify(received.at(-1)?.headers)).not.toContain('eyJ');
  });

  it('within the origin they go along', async () => {
    const auth = { type: 'apiKey', name: 'X-API-Key', value: [{ secret: 'key' }], in: 'header' } as const;
    await send({ url: [`${base}/to?${encodeURIComponent('/same')}`], auth }, sender(), redirected);
    expect(received.at(-1)).toMatchObject({ url: '/same', headers: { 'x-api-key': 'k3y-of-the-api' } });
  });
});

/** Whose certificate a connection showed, or null. */
function certificateOf(socket: Socket): string | null {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return null;
  return String(socket.getPeerCertificate().subject.CN);
}

describe('a credential by name', () => {
  it('is put in; one that is unknown sends nothing', async () => {
    const credentials: [string, Credential][] = [
      ['crm', { auth: { type: 'bearer', token: [{ secret: 'key' }] }, certificate: null }],
    ];
    await send({ auth: { type: 'credential', name: 'crm' } }, sender({ credentials }));
    expect(received[0]?.headers.authorization).toBe('Bearer k3y-of-the-api');
    expect(await send({ auth: { type: 'credential', name: 'crn' } })).toMatchObject({
      failure: 'bad-request',
      detail: 'there is no credential crn in credentials.json',
    });
  });

  // docs/behaviour.md#credentials
  it('a client certificate is shown to its own origin only, alone or beside another authentication', async () => {
    const seen: (string | null)[] = [];
    const asking = {
      cert: API_EXAMPLE_CERT,
      key: API_EXAMPLE_KEY,
      ca: [CLIENT_CERT],
      requestCert: true,
      rejectUnauthorized: false,
    };
    const own = createServer(asking, (request, response) => {
      const shown = certificateOf(request.socket);
      seen.push(shown && `${shown} ${request.headers.authorization ?? ''}`);
      note(request, response);
    });
    const other = createServer(asking, (request, response) => {
      seen.push(certificateOf(request.socket));
      response.end();
    });
    const [port, otherPort] = [await listen(own), await listen(other)];
    const certificate = clientCertificate({ cert: CLIENT_CERT, key: CLIENT_KEY });
    if (!certificate.ok) throw new Error(certificate.error);
    const credentials: [string, Credential][] = [
      ['alone', { auth: { type: 'none' }, certificate: certificate.value }],
      ['both', { auth: { type: 'bearer', token: ['t'] }, certificate: certificate.value }],
    ];
    const from = sender({ credentials });
    const url = [`https://api.example:${port}/`];
    await send({ url, auth: { type: 'credential', name: 'alone' } }, from);
    await send({ url, auth: { type: 'credential', name: 'both' } }, from);
    await send({ url }, from);
    const away = [`https://api.example:${port}/to?${encodeURIComponent(`https://api.example:${otherPort}/`)}`];
    await send({ url: away, auth: { type: 'credential', name: 'alone' } }, from, { ...LIMITS, redirects: 2 });
    expect(seen).toEqual(['Offhook test client ', 'Offhook test client Bearer t', null, 'Offhook test client ', null]);
  });
});
