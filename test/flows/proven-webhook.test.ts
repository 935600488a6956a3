import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Credential } from '../../src/webhooks/auth/credential.js';
import type { Signer } from '../../src/webhooks/signing/signer.js';
import { verifyJwt } from '../../src/webhooks/signing/verify-jwt.js';
import { OneHook } from '../support/one-hook.js';
import { JWT_SIGNER } from '../support/jwt-signer.js';

/* Webhooks of whole flows that prove who sends them: credentials, access tokens and signatures as a service receives them. */

const SECRETS = { sig: 'a signature secret of forty characters !!', crm: 'crm-client-secret' };
const credentials = new Map<string, Credential>([
  ['crm', { auth: { type: 'apiKey', name: 'X-API-Key', value: [{ secret: 'crm' }], in: 'header' }, certificate: null }],
]);
const signers = new Map<string, Signer>([
  ['site', JWT_SIGNER],
  ['own', { ...JWT_SIGNER, apiKey: 'own' }],
]);

let hook: OneHook;

beforeAll(async () => {
  hook = await OneHook.start({ tenant: 'acme ä', order: 'A-1' }, SECRETS, { credentials, signers, defaultSigner: 'site' });
});
afterAll(() => hook.close());
afterEach(() => {
  hook.reset();
});

describe('a signed flow', () => {
  // docs/behaviour.md#signed-requests, #payload-hash
  it('the site signs every webhook over what its variables became', async () => {
    const body = { type: 'json', content: { order: '$flow.key.order', total: 1.5 } };
    const { request } = await hook.call({ method: 'POST', body });
    const verdict = await verifyJwt(
      {
        token: String(request?.headers.authorization),
        method: 'POST',
        url: hook.service.url,
        contentType: 'application/json',
        body: request?.body ?? null,
      },
      {
        now: Date.now(),
        freshSeconds: 300,
        seen: null,
        payload: 'body',
        secretsOf: (apiKey) => (apiKey === 'abc' ? [SECRETS.sig] : []),
      },
    );
    expect(verdict.valid).toBe(true);
  });

  it('a widget names another signer, or none', async () => {
    const claims = (token: string): unknown => JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
    expect(claims(String((await hook.call({ sign: 'own' })).request?.headers.authorization))).toMatchObject({ api_key: 'own' });
    hook.reset();
    expect((await hook.call({ sign: false })).request?.headers.authorization).toBeUndefined();
  });

  // docs/behaviour.md#token-header
  it('credentials of the flow keep Authorization', async () => {
    const { request } = await hook.call({ auth: { type: 'basic', username: '$flow.key.order', password: '$secret.crm' } });
    expect(request?.headers.authorization).toBe(`Basic ${Buffer.from('A-1:crm-client-secret').toString('base64')}`);
    expect(request?.headers['x-webhook-auth-token']).toMatch(/^eyJ/u);
  });

  it('an unknown signer or credential fails the webhook before anything is sent', async () => {
    for (const fields of [{ sign: 'nobody' }, { auth: { type: 'credential', name: 'nobody' } }]) {
      const { path, key, request } = await hook.call(fields);
      expect([path, key('error_reason'), request]).toEqual([['hook:failed'], 'INVALID_REQUEST', undefined]);
    }
  });
});

describe('credentials of a flow', () => {
  // docs/behaviour.md#credentials
  it('one of the site by name', async () => {
    const { request, path } = await hook.call({ auth: { type: 'credential', name: 'crm' } });
    expect([path, request?.headers['x-api-key']]).toEqual([['hook:success'], SECRETS.crm]);
  });

  // docs/behaviour.md#error-reasons
  it.each([401, 407])('refused by %s, whatever their kind', async (status) => {
    hook.json({}, status);
    for (const auth of [
      { type: 'bearer', token: 't' },
      { type: 'apiKey', value: 'k', in: 'query' },
      { type: 'credential', name: 'crm' },
    ]) {
      const { path, key } = await hook.call({ auth });
      expect([path, key('error_reason')]).toEqual([['hook:failed'], 'AUTHENTICATION_FAILURE']);
    }
  });

  // docs/behaviour.md#variables-in-a-request, docs/decisions/0014-secrets-by-name.md
  it('an access token, with variables and secrets in what it is asked by; repeated by the service it is masked', async () => {
    hook.service.answer = ({ url }) =>
      url.startsWith('/token')
        ? { status: 200, body: JSON.stringify({ access_token: 'the-access-token', token_type: 'Bearer' }) }
        : { status: 200, body: JSON.stringify({ echo: 'Bearer the-access-token' }) };
    const auth = {
      type: 'oauth2',
      tokenUrl: `${hook.service.url}/token?tenant=$flow.key.tenant`,
      clientId: 'ivr',
      clientSecret: '$secret.crm',
      clientAuth: 'body',
    };
    const mapping = [{ saveIn: '$flow.key.echo', path: 'echo' }];
    const { path, key } = await hook.call({ auth, mapping, sign: false });
    const [token, request] = hook.service.received;
    expect(path).toEqual(['hook:success']);
    expect(token?.url).toBe('/token?tenant=acme%20%C3%A4');
    expect(token?.body).toBe('grant_type=client_credentials&client_id=ivr&client_secret=crm-client-secret');
    expect(request?.headers.authorization).toBe('Bearer the-access-token');
    expect(key('echo')).toBe('Bearer ***');
    expect(JSON.stringify(key('response_raw'))).not.toContain('the-access-token');
  });

  it('a token endpoint that refuses is an authentication failure', async () => {
    hook.json({ error: 'invalid_client' }, 401);
    const auth = { type: 'oauth2', tokenUrl: `${hook.service.url}/token`, clientId: 'other', clientSecret: '$secret.crm' };
    const { path, key } = await hook.call({ auth });
    expect([path, key('error_reason')]).toEqual([['hook:failed'], 'AUTHENTICATION_FAILURE']);
    expect(hook.service.received).toHaveLength(1);
  });
});
