import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../../../src/lib/clock.js';
import { systemRandom } from '../../../../src/lib/ids.js';
import { CLIENT_DEFAULTS, HttpClient } from '../../../../src/http/client.js';
import { watchSecrets } from '../../../../src/webhooks/secrets/secrets.js';
import { Sender } from '../../../../src/webhooks/request/sender.js';
import { signJwt } from '../../../../src/webhooks/signing/jwt.js';
import type { Signer } from '../../../../src/webhooks/signing/signer.js';
import type { WebhookCall } from '../../../../src/model/webhook.js';
import { webhookCall } from '../../../support/webhook-calls.js';
import { JWT_SIGNER } from '../../../support/jwt-signer.js';

const SECRETS: Record<string, string> = {
  sig: 'a signature secret of forty characters !!',
  other: 'another secret that nobody was told about',
  whsec: `whsec_${Buffer.alloc(32, 9).toString('base64')}`,
};
const signers = new Map<string, Signer>([
  ['account', JWT_SIGNER],
  ['foreign', { ...JWT_SIGNER, secrets: ['$secret.other'] }],
  ['stranger', { ...JWT_SIGNER, apiKey: 'xyz' }],
  ['standard', { type: 'standard', secret: '$secret.whsec', previous: [] }],
]);

let receiver: ChildProcess;
let url: string;
let client: HttpClient;

beforeAll(async () => {
  const file = fileURLToPath(new URL('../../../../docs/examples/receiver/receiver.mjs', import.meta.url));
  const env = {
    SIGNATURE_SECRETS: `soon to come,${SECRETS['sig']}`,
    STANDARD_SECRETS: SECRETS['whsec'],
    API_KEY: 'abc',
    PORT: '0',
  };
  receiver = spawn(process.execPath, [file], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(receiver.stdout ?? receiver, 'data')) as [Buffer];
  url = `http://127.0.0.1:${/\d+/u.exec(line.toString())?.[0] ?? ''}/hook`;
  client = new HttpClient({ ...CLIENT_DEFAULTS, allowHttp: true, allowNetworks: ['127.0.0.1'] }, systemClock);
});
afterAll(async () => {
  await client.close();
  receiver.kill();
});

async function answerTo(more: Partial<WebhookCall>): Promise<string> {
  const identity = { credentials: new Map(), signers, defaultSigner: null };
  const sender = new Sender({ client, identity, clock: systemClock, random: systemRandom });
  const secrets = watchSecrets((name) => SECRETS[name]);
  const result = await sender.send({ ...webhookCall(url), ...more }, { redirects: 0, maxBytes: 1000, timeoutMs: 3000 }, secrets);
  return result.kind === 'response' ? `${result.status} ${result.body?.toString() ?? ''}` : result.detail;
}

const json = { method: 'POST', body: { contentType: 'application/json', text: '{"name":"ä","n":12.50}' } } as const;
const TAKEN = '200 {"status":"taken"}';

describe('the example of a receiver', () => {
  // docs/behaviour.md#verification-order
  it('takes what Offhook signs, with a body, a query, or nothing', async () => {
    expect(await answerTo({ ...json, sign: 'account' })).toBe(TAKEN);
    expect(await answerTo({ query: [{ key: 'order', value: ['ä 1+2'] }], sign: 'account' })).toBe(TAKEN);
    expect(await answerTo({ sign: 'account' })).toBe(TAKEN);
    expect(await answerTo({ ...json, sign: 'standard' })).toBe(TAKEN);
  });

  // docs/behaviour.md#token-header
  it('finds the token in its second header', async () => {
    expect(await answerTo({ ...json, auth: { type: 'bearer', token: ['mine'] }, sign: 'account' })).toBe(TAKEN);
  });

  // docs/behaviour.md#unsigned-requests
  it('answers 5xx to what is not signed', async () => {
    expect(await answerTo(json)).toBe('503 {"problem":"unsigned"}');
  });

  it('refuses other secrets, other keys and nonsense', async () => {
    expect(await answerTo({ ...json, sign: 'foreign' })).toBe('401 {"problem":"wrong signature"}');
    expect(await answerTo({ ...json, sign: 'stranger' })).toBe('401 {"problem":"unknown api_key"}');
    expect(await answerTo({ auth: { type: 'bearer', token: ['a.b.c'] } })).toBe('401 {"problem":"malformed"}');
    expect(await answerTo({ headers: [{ key: 'webhook-signature', value: ['v1,x'] }] })).toBe(
      '401 {"problem":"wrong signature"}',
    );
  });

  it('refuses an old token, another payload, and the same again', async () => {
    const message = { method: 'GET', url, contentType: '', body: null };
    const claims = { issuer: 'x', apiKey: 'abc', applicationId: null, jti: 'one', now: Date.now() };
    const answer = async (now: number, query = ''): Promise<string> => {
      const token = await signJwt(message, 'body', { ...claims, now }, SECRETS['sig'] ?? '');
      return answerTo({ url: [url + query], auth: { type: 'bearer', token: [token.ok ? token.value : ''] } });
    };
    expect(await answer(Date.now() - 400_000)).toContain('too old');
    expect(await answer(Date.now(), '?a=1')).toContain('another payload');
    expect(await answer(Date.now())).toBe(TAKEN);
    expect(await answer(Date.now())).toContain('received before');
  });
});
