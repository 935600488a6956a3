import { describe, expect, it } from 'vitest';
import { err, ok } from '../../../../src/lib/result.js';
import { readCredentials } from '../../../../src/webhooks/auth/credentials-file.js';
import { CLIENT_DEFAULTS } from '../../../../src/http/client.js';
import { Guard } from '../../../../src/http/guard.js';
import { API_EXAMPLE_KEY, CLIENT_CERT, CLIENT_KEY, CLIENT_KEY_ENCRYPTED } from '../../../support/tls-identity.js';

const SECRETS: Record<string, string> = {
  token: 't0k3n',
  sig: 'a signature secret of forty characters !!',
  short: 'test-signature-secret',
  empty: '',
  whsec: `whsec_${Buffer.alloc(24).toString('base64')}`,
  pass: 'opensesame',
  metadata: '169.254.169.254',
  pem: CLIENT_KEY.replaceAll('\n', '\\n'),
};
const FILES: Record<string, string> = {
  'tls/client.pem': CLIENT_CERT,
  'tls/client.key': CLIENT_KEY,
  'tls/encrypted.key': CLIENT_KEY_ENCRYPTED,
  'tls/other.key': API_EXAMPLE_KEY,
};

function read(input: unknown, now = 0) {
  return readCredentials(input, {
    file: 'credentials.json',
    guard: new Guard(CLIENT_DEFAULTS),
    secrets: (name) => SECRETS[name],
    readFile: (path) => (FILES[path] === undefined ? err('the file does not exist') : ok(FILES[path])),
    now,
  });
}

const codes = (input: unknown, now?: number) => read(input, now).problems.map(({ code, path }) => `${code} ${path}`);
const credential = (entry: object) => ({ credentials: { x: entry } });
const signer = (entry: object) => ({ signers: { x: entry } });
const oauth = { type: 'oauth2', tokenUrl: 'https://id.example/token', clientId: 'ivr', clientSecret: '$secret.token' };
const jwt = { type: 'jwt', apiKey: 'abc', secrets: ['$secret.sig'] };
const mtls = { type: 'mtls', cert: 'tls/client.pem', key: 'tls/client.key' };

describe('config/credentials.json', () => {
  it('may be missing or empty', () => {
    expect(read(null)).toEqual({ credentials: new Map(), signers: new Map(), problems: [] });
    expect(read({}).problems).toEqual([]);
  });

  it('holds every kind, secrets by name', () => {
    const { credentials, problems } = read({
      credentials: {
        basic: { type: 'basic', username: 'u-$secret.token', password: '$secret.token' },
        bearer: { type: 'bearer', token: '$secret.token' },
        key: { type: 'apiKey', value: '$secret.token' },
        oauth,
      },
    });
    expect(problems).toEqual([]);
    expect(Object.fromEntries([...credentials].map(([name, { auth }]) => [name, auth]))).toEqual({
      basic: { type: 'basic', username: ['u-', { secret: 'token' }], password: [{ secret: 'token' }] },
      bearer: { type: 'bearer', token: [{ secret: 'token' }] },
      key: { type: 'apiKey', name: 'X-API-Key', value: [{ secret: 'token' }], in: 'header' },
      oauth: {
        type: 'oauth2',
        tokenUrl: ['https://id.example/token'],
        clientId: ['ivr'],
        clientSecret: [{ secret: 'token' }],
        scope: null,
        audience: null,
        clientAuth: 'basic',
      },
    });
    expect(JSON.stringify([...credentials])).not.toContain('t0k3n');
  });

  // docs/behaviour.md#credentials
  it('reads a client certificate from files or secrets, under a passphrase too, beside another authentication', () => {
    expect(read(credential(mtls)).credentials.get('x')).toMatchObject({
      auth: { type: 'none' },
      certificate: { cert: CLIENT_CERT },
    });
    expect(read(credential({ ...mtls, key: '$secret.pem' })).credentials.get('x')?.certificate?.key).toBe(CLIENT_KEY);
    const encrypted = { ...mtls, key: 'tls/encrypted.key', passphrase: '$secret.pass' };
    expect(codes(credential({ ...encrypted, ca: 'tls/client.pem', auth: { type: 'bearer', token: '$secret.token' } }))).toEqual(
      [],
    );
    expect(codes(credential({ ...encrypted, passphrase: '$secret.token' }))).toEqual(['CREDENTIAL_CERTIFICATE $.credentials.x']);
  });

  it.each<[string, object, string]>([
    ['an unknown field', credential({ type: 'bearer', tokn: 'x', token: 'x' }), 'CONFIG_UNKNOWN_KEY $.credentials.x.tokn'],
    ['an unknown kind', credential({ type: 'digest' }), 'CONFIG_INVALID $.credentials.x.type'],
    ['a credential that is another', credential({ type: 'credential', name: 'y' }), 'CONFIG_INVALID $.credentials.x.type'],
    [
      'a secret that is not set',
      credential({ type: 'bearer', token: '$secret.no' }),
      'CONFIG_SECRET_MISSING $.credentials.x.token',
    ],
    [
      'a header of the connection',
      credential({ type: 'apiKey', name: 'Host', value: '$secret.token' }),
      'CONFIG_INVALID $.credentials.x.name',
    ],
    [
      'a token URL inside',
      credential({ ...oauth, tokenUrl: 'https://10.0.0.1/' }),
      'CREDENTIAL_URL_REFUSED $.credentials.x.tokenUrl',
    ],
    [
      'one out of a secret',
      credential({ ...oauth, tokenUrl: 'https://$secret.metadata/' }),
      'CREDENTIAL_URL_REFUSED $.credentials.x.tokenUrl',
    ],
    ['a file that is not there', credential({ ...mtls, cert: 'nope.pem' }), 'CREDENTIAL_CERTIFICATE $.credentials.x.cert'],
    ['the key of another', credential({ ...mtls, key: 'tls/other.key' }), 'CREDENTIAL_CERTIFICATE $.credentials.x'],
    ['PEM in the file itself', credential({ ...mtls, key: CLIENT_KEY }), 'CREDENTIAL_CERTIFICATE $.credentials.x.key'],
    ['an empty signature secret', signer({ ...jwt, secrets: ['$secret.empty'] }), 'SIGNER_SECRET_INVALID $.signers.x.secrets[0]'],
    ['a signer without secrets', signer({ ...jwt, secrets: [] }), 'CONFIG_INVALID $.signers.x.secrets'],
    ['a header that cannot be', signer({ ...jwt, header: 'a b' }), 'CONFIG_INVALID $.signers.x.header'],
    [
      'a secret that is no whsec',
      signer({ type: 'standard', secret: '$secret.sig' }),
      'SIGNER_SECRET_INVALID $.signers.x.secret',
    ],
    [
      'a former one that is none',
      signer({ type: 'standard', secret: '$secret.whsec', previous: ['$secret.token'] }),
      'SIGNER_SECRET_INVALID $.signers.x.previous[0]',
    ],
  ])('refuses %s, and names no value', (_, input, problem) => {
    const { problems, credentials, signers } = read(input);
    expect(problems.map(({ code, path }) => `${code} ${path}`)).toEqual([problem]);
    expect([credentials.size, signers.size]).toEqual([0, 0]);
    expect(JSON.stringify(problems)).not.toMatch(/t0k3n|opensesame|169\.254|BEGIN|signature secret of/u);
  });

  it.each<[string, object, string]>([
    ['a secret in the file', credential({ type: 'bearer', token: 'plain' }), 'CREDENTIAL_PLAIN_SECRET $.credentials.x.token'],
    ['a short signature secret', signer({ ...jwt, secrets: ['$secret.short'] }), 'SIGNER_SECRET_SHORT $.signers.x.secrets[0]'],
  ])('warns of %s, and goes on', (_, input, problem) => {
    const { problems, credentials, signers } = read(input);
    expect(problems).toMatchObject([{ severity: 'warning', file: 'credentials.json' }]);
    expect(codes(input)).toEqual([problem]);
    expect(credentials.size + signers.size).toBe(1);
  });

  it('warns of a certificate that has expired', () => {
    expect(codes(credential(mtls), Date.parse('2200-01-01'))).toEqual(['CREDENTIAL_CERTIFICATE_EXPIRED $.credentials.x.cert']);
  });

  // docs/behaviour.md#token-claims
  it('the issuer is ours unless it is configured', () => {
    const { signers } = read({ signers: { ours: jwt, theirs: { ...jwt, issuer: 'Vonage' } } });
    expect([...signers.values()].map((one) => one.type === 'jwt' && one.issuer)).toEqual(['Offhook', 'Vonage']);
    expect(signers.get('ours')).toMatchObject({ header: 'X-Webhook-Auth-Token', payload: 'body', applicationId: null });
  });
});
