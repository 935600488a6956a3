import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readConfig } from '../../../src/site/config/config.js';
import { readSite } from '../../../src/site/site.js';
import { temporaryFolder } from '../../support/stores.js';

let temporary: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  temporary = temporaryFolder();
  mkdirSync(join(temporary.folder, 'flows'));
});
afterEach(() => temporary.remove());

function write(file: string, content: unknown): void {
  writeFileSync(join(temporary.folder, file), typeof content === 'string' ? content : JSON.stringify(content));
}

const hangup = (id: string, more: object = {}) => ({ id, name: id, start: 'bye', widgets: { bye: { type: 'hangup' } }, ...more });

/** Where something is wrong. */
function places(): readonly string[] {
  const { site, problems } = readSite({ dir: temporary.folder, env: {} });
  expect(site).toBeNull();
  return problems.filter(({ severity }) => severity === 'error').map(({ file, path }) => `${file ?? ''} ${path}`);
}

describe('secrets that cannot be read', () => {
  it('are named with what to do: the folder, the file in it, the secret', () => {
    const folder = join(temporary.folder, 'mounted');
    const problems = (): string[] =>
      readSite({ dir: temporary.folder, env: { OFFHOOK_SECRETS_DIR: folder } }).problems.map(({ message }) => message);
    write('offhook.json', {});
    write('webhooks.json', [{ name: 'crm', url: 'https://crm.example/', auth: { type: 'bearer', token: '$secret.crm' } }]);
    expect(problems()).toEqual([
      `the folder of secrets ${folder} does not exist, or this user may not enter it`,
      'In webhook crm the secret crm is not set.',
    ]);
    mkdirSync(folder);
    write('mounted/crm', '');
    expect(problems()).toEqual([
      `the secret crm in ${folder} is left out: it is empty`,
      'In webhook crm the secret crm is not set.',
    ]);
    write('mounted/crm', 't0ken');
    expect(problems()).toEqual([]);
  });
});

describe('a folder with mistakes in several files', () => {
  it('has all of them listed at once, though some settings are refused', () => {
    write('offhook.json', { sip: { t1Ms: 'fast' }, media: { codec: ['PCMU'], ports: { from: 30_000, to: 20_000 } } });
    write('webhooks.json', [{ name: 'report', url: 'not a URL', default: true }]);
    write('flows/typo.json', hangup('typo', { start: 'nowhere' }));
    expect(places()).toEqual([
      'offhook.json $.sip.t1Ms',
      'offhook.json $.media.codec',
      'offhook.json $.media.ports',
      'webhooks.json $[0].url',
      'flows/typo.json $.start',
    ]);
  });

  it('is not told of missing webhooks at every flow when they only could not be read', () => {
    write('offhook.json', {});
    write('webhooks.json', [{ name: 'report', url: 'not a URL', default: true }]);
    write('flows/one.json', hangup('one', { webhook: true }));
    expect(places()).toEqual(['webhooks.json $[0].url']);
  });

  it('says once that the webhooks are not JSON, or have a name twice', () => {
    write('offhook.json', {});
    write('flows/one.json', hangup('one', { webhook: true }));
    for (const text of ['[{', '[{"name": "crm", "url": "https://a.example", "url": "https://b.example", "default": true}]']) {
      write('webhooks.json', text);
      expect(places()).toEqual(['webhooks.json $']);
    }
  });

  it('says of a flow that is not fit to run which file it is in, not that it is missing; what is wrong there is told once, of the file', () => {
    const numbers = ['typo', 'half', 'named'].map((flow, i) => ({ number: String(i), flow }));
    write('offhook.json', { routing: { numbers, default: 'nowhere' } });
    write('flows/1-typo.json', hangup('typo', { start: 'nowhere' }));
    write('flows/2-half.json', '{ "id": "half",\n  "name": ');
    write('flows/named.json', '{');
    const routes = readSite({ dir: temporary.folder, env: {} }).problems.filter(({ file }) => file === 'offhook.json');
    expect(routes.map(({ code, path }) => `${code} ${path}`)).toEqual([
      'FLOW_BROKEN $.routing.numbers[0].flow',
      'FLOW_BROKEN $.routing.numbers[1].flow',
      'FLOW_BROKEN $.routing.numbers[2].flow',
      'ROUTE_UNKNOWN_FLOW $.routing.default',
    ]);
    expect(routes.slice(0, 3).map(({ message }) => message)).toEqual([
      'the flow “typo” is not fit to run: see flows/1-typo.json',
      'the flow “half” is not fit to run: see flows/2-half.json',
      'the flow “named” is not fit to run: see flows/named.json',
    ]);
  });

  it('still needs settings that can be read at all', () => {
    write('offhook.json', '{');
    write('flows/typo.json', hangup('typo', { start: 'nowhere' }));
    expect(places()).toEqual(['offhook.json $']);
  });
});

describe('a flow', () => {
  const calls = (url: string) => ({
    id: 'f',
    name: 'f',
    start: 'ask',
    widgets: { ask: { type: 'webhook', url, exits: { success: null, failed: null } } },
  });
  const found = (settings: object, env: Record<string, string> = {}): readonly string[] => {
    write('offhook.json', settings);
    const { problems } = readSite({ dir: temporary.folder, env });
    return problems.map(({ severity, code, path }) => `${severity} ${code} ${path}`);
  };

  // docs/behaviour.md#plain-http
  it('goes to plain http only where the site allows it', () => {
    write('flows/f.json', calls('http://shop.example/'));
    expect(found({})).toEqual(['error WEBHOOK_HTTP_NOT_ALLOWED $.widgets.ask.url']);
    expect(found({ webhooks: { allowHttp: true } })).toEqual([]);
  });

  it('is warned about secrets that the site does not have', () => {
    write('flows/f.json', calls('https://shop.example/?key=$secret.shop'));
    expect(found({})).toEqual(['warning FLOW_UNKNOWN_SECRET $.widgets.ask.url']);
    expect(found({}, { OFFHOOK_SECRET_SHOP: 'x' })).toEqual([]);
  });

  it('is warned about credentials and signers that the site does not have', () => {
    const flow = calls('https://shop.example/');
    const named = { ...flow.widgets.ask, auth: { type: 'credential', name: 'shop' }, sign: 'studio' };
    write('flows/f.json', { ...flow, widgets: { ask: named } });
    expect(found({})).toEqual([
      'warning CREDENTIAL_UNKNOWN $.widgets.ask.auth.name',
      'warning SIGNER_UNKNOWN $.widgets.ask.sign',
    ]);
  });

  it('is warned about answers that cannot come later', () => {
    const flow = calls('https://shop.example/');
    write('flows/f.json', { ...flow, widgets: { ask: { ...flow.widgets.ask, answerLater: 5, holdMusic: true } } });
    expect(found({})).toEqual(['warning FLOW_NO_LATER_ANSWER $.widgets.ask.answerLater']);
    expect(found({ api: { publicUrl: 'https://ivr.example' } })).toEqual([]);
    expect(found({ webhooks: { allowNetworks: ['127.0.0.0/8'] } })).toEqual([]);
  });
});

describe('refused settings', () => {
  it('have their defaults, lists as a whole, and leave the others what they are', () => {
    write('offhook.json', {
      media: { codecs: ['PCMU', 'G729'], ports: { from: 12_000, to: 'many' } },
      routing: { numbers: [{ number: '1', flow: 'one' }, { flow: 2 }], default: 'one' },
      nonsense: true,
    });
    const { problems, config } = readConfig({ dir: temporary.folder, env: {} });
    expect(problems.filter(({ severity }) => severity === 'error').map(({ path }) => path)).toEqual(
      expect.arrayContaining(['$.media.codecs[1]', '$.media.ports.to', '$.nonsense']),
    );
    expect(config?.media).toMatchObject({ codecs: ['PCMU', 'PCMA'], ports: { from: 12_000 } });
    expect(config?.routing).toEqual({ numbers: [], default: 'one' });
  });
});

describe('credentials and signers', () => {
  const webhook = { name: 'report', url: 'https://crm.example/', default: true };
  const found = (): readonly string[] =>
    readSite({ dir: temporary.folder, env: {} }).problems.map(({ file, code, path }) => `${file} ${code} ${path}`);

  // docs/behaviour.md#signed-requests
  it('what names one that is not there is refused: webhooks, and the site itself', () => {
    write('offhook.json', { webhooks: { sign: 'account' } });
    write('webhooks.json', [{ ...webhook, auth: { type: 'credential', name: 'crm' }, sign: 'nobody' }]);
    expect(found()).toEqual([
      'offhook.json SIGNER_UNKNOWN $.webhooks.sign',
      'webhooks.json CREDENTIAL_UNKNOWN $[0].auth.name',
      'webhooks.json SIGNER_UNKNOWN $[0].sign',
    ]);
  });

  // docs/behaviour.md#token-header
  it('a webhook with its own Authorization and a token is warned of', () => {
    write('offhook.json', {});
    write('secrets.json', { sig: 'x'.repeat(32), key: 'k' });
    write('credentials.json', {
      credentials: { crm: { type: 'bearer', token: '$secret.key' }, plain: { type: 'apiKey', value: '$secret.key' } },
      signers: { account: { type: 'jwt', apiKey: 'abc', secrets: ['$secret.sig'] } },
    });
    write('webhooks.json', [
      { ...webhook, auth: { type: 'credential', name: 'crm' }, sign: 'account' },
      { ...webhook, name: 'other', default: false, auth: { type: 'credential', name: 'plain' }, sign: 'account' },
    ]);
    expect(found().filter((one) => !one.includes('EXPOSED'))).toEqual(['webhooks.json SIGNATURE_MOVED $[0].sign']);
    expect([...(readSite({ dir: temporary.folder, env: {} }).site?.identity.signers.keys() ?? [])]).toEqual(['account']);
  });

  it.each(['../outside.pem', '/etc/hostname', 'linked.pem', 'flows'])(
    'a certificate may only lie below the folder: %s',
    (path) => {
      write('offhook.json', {});
      symlinkSync('/etc/hostname', join(temporary.folder, 'linked.pem'));
      write('credentials.json', { credentials: { x: { type: 'mtls', cert: path, key: path } } });
      expect(found()).toEqual([
        'credentials.json CREDENTIAL_CERTIFICATE $.credentials.x.cert',
        'credentials.json CREDENTIAL_CERTIFICATE $.credentials.x.key',
      ]);
    },
  );

  it('a file that is no JSON is said once', () => {
    write('offhook.json', { webhooks: { sign: 'account' } });
    write('credentials.json', '{');
    expect(found()[0]).toBe('credentials.json CONFIG_UNREADABLE $');
  });
});
