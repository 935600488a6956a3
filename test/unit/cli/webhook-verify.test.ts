import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { verifyCommand, type VerifyOptions } from '../../../src/cli/webhook-verify.js';
import { signJwt } from '../../../src/webhooks/signing/jwt.js';
import { standardKey, standardSignature } from '../../../src/webhooks/signing/standard.js';
import { temporaryFolder } from '../../support/stores.js';

const SECRETS = {
  sig: 'a signature secret of forty characters !!',
  next: 'the signature secret that comes after it',
  whsec: `whsec_${Buffer.alloc(32, 3).toString('base64')}`,
};
const BODY = '{"n":1}';

let temporary: ReturnType<typeof temporaryFolder>;
let printed: string[];

beforeEach(() => {
  temporary = temporaryFolder();
  printed = [];
  mkdirSync(join(temporary.folder, 'flows'));
  write('offhook.json', {});
  write('secrets.json', SECRETS);
  write('credentials.json', {
    signers: {
      account: { type: 'jwt', apiKey: 'abc', secrets: ['$secret.next', '$secret.sig'], header: 'X-Sig' },
      standard: { type: 'standard', secret: '$secret.whsec' },
    },
  });
  write('body.json', BODY);
});
afterEach(() => temporary.remove());

function write(file: string, content: unknown): void {
  writeFileSync(join(temporary.folder, file), typeof content === 'string' ? content : JSON.stringify(content));
}

function run(more: Partial<VerifyOptions>): Promise<number> {
  const usual = {
    config: temporary.folder,
    header: [],
    body: join(temporary.folder, 'body.json'),
    url: 'https://receiver.example/hook',
    method: 'post',
    contentType: 'application/json',
    secret: [],
    standard: false,
    maxAge: '300',
    json: false,
  };
  return verifyCommand({ ...usual, ...more }, (text) => printed.push(text));
}

async function token(secret: string, now = Date.now()): Promise<string> {
  const message = { method: 'POST', url: 'https://receiver.example/hook', contentType: 'application/json', body: BODY };
  const claims = { issuer: 'Offhook', apiKey: 'abc', applicationId: null, jti: 'x', now };
  const signed = await signJwt(message, 'body', claims, secret);
  return signed.ok ? signed.value : signed.error;
}

const lines = (): string[] => printed.join('\n').split('\n');

describe('offhook webhook verify', () => {
  // docs/behaviour.md#verification-order
  it('says of every check what came of it, by a signer of the site, old secret included', async () => {
    expect(await run({ signer: 'account', header: [`authorization:  Bearer ${await token(SECRETS.sig)}`] })).toBe(0);
    expect(lines().map((line) => line.split(/\s+/u).slice(0, 2).join(' '))).toEqual([
      'ok algorithm',
      'ok signature',
      'ok fresh',
      'ok payload',
      '- unused',
      'valid',
    ]);
    expect(printed.join('')).toContain('by secret 2');
  });

  // docs/behaviour.md#token-header
  it('finds the token in the signer’s second header first', async () => {
    const header = ['Authorization: Basic abc', `X-SIG: ${await token(SECRETS.next)}`];
    expect(await run({ signer: 'account', header })).toBe(0);
  });

  it('takes secrets by name, and any api_key with them', async () => {
    expect(await run({ token: await token(SECRETS.sig), secret: ['sig'] })).toBe(0);
    expect(await run({ token: await token(SECRETS.sig), secret: ['whsec'] })).toBe(1);
    expect(printed.at(-1)).toContain('FAIL signature');
  });

  it('another body, an old token and no token at all are not valid', async () => {
    write('other.json', '{"n":2}');
    expect(await run({ signer: 'account', token: await token(SECRETS.sig), body: join(temporary.folder, 'other.json') })).toBe(1);
    expect(printed.at(-1)).toContain('FAIL payload');
    const old = await token(SECRETS.sig, Date.now() - 400_000);
    expect(await run({ signer: 'account', token: old })).toBe(1);
    expect(await run({ signer: 'account', token: old, maxAge: 'any' })).toBe(0);
    expect(await run({ signer: 'account' })).toBe(1);
    expect(printed.at(-1)).toContain('a receiver answers 503');
  });

  it('verifies Standard Webhooks, and prints JSON', async () => {
    const key = standardKey(SECRETS.whsec);
    const message = { id: 'm', timestamp: Math.floor(Date.now() / 1000), body: BODY };
    const signature = key.ok ? standardSignature(message, key.value) : '';
    const header = ['webhook-id: m', `webhook-timestamp: ${message.timestamp}`, `webhook-signature: ${signature}`];
    expect(await run({ signer: 'standard', header, json: true })).toBe(0);
    expect(JSON.parse(printed.at(-1) ?? '')).toMatchObject({ valid: true, status: 200 });
    expect(await run({ standard: true, secret: ['whsec'], header })).toBe(0);
    expect(await run({ standard: true, secret: ['whsec'], header: header.slice(1) })).toBe(1);
  });

  it.each<[string, Partial<VerifyOptions>]>([
    ['nothing to verify with', {}],
    ['a signer that is not there', { signer: 'nobody' }],
    ['a secret that is not set', { secret: ['nope'] }],
    ['a file that is not there', { secret: ['sig'], body: '/nowhere/body.json' }],
  ])('cannot tell with %s, and says why', async (_, more) => {
    expect(await run(more)).toBe(2);
    expect(printed[0]).not.toBe('');
  });
});

describe('what it cannot verify with', () => {
  const secret = { token: 'a.b.c', secret: ['sig'] };

  it('is told with its cause: the secrets file is broken', async () => {
    write('secrets.json', '{ "sig": ');
    expect(await run(secret)).toBe(2);
    expect(printed.join('\n')).toContain('the secret sig is not set');
    expect(printed.join('\n')).toContain('secrets.json $  is not JSON: mistake in line 1');
  });

  it('is told with its cause: the signer is refused', async () => {
    write('credentials.json', { signers: { account: { type: 'jwt', apiKey: 'abc', secrets: ['$secret.gone'] } } });
    expect(await run({ token: 'a.b.c', signer: 'account' })).toBe(2);
    expect(printed.join('\n')).toContain('credentials.json has no usable signer account');
    expect(printed.join('\n')).toContain('credentials.json $.signers.account.secrets[0]  Here the secret gone is not set.');
  });

  it('is not mixed up with what is wrong elsewhere', async () => {
    write('webhooks.json', '[');
    expect(await run({ token: 'a.b.c', secret: ['gone'] })).toBe(2);
    expect(printed).toEqual(['the secret gone is not set']);
  });
});
