import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readConfig } from '../../../src/config.js';
import { readSite } from '../../../src/runtime/site.js';
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

  it('P2: goes to plain http only where the site allows it', () => {
    write('flows/f.json', calls('http://shop.example/'));
    expect(found({})).toEqual(['error WEBHOOK_HTTP_NOT_ALLOWED $.widgets.ask.url']);
    expect(found({ webhooks: { allowHttp: true } })).toEqual([]);
  });

  it('is warned about secrets that the site does not have', () => {
    write('flows/f.json', calls('https://shop.example/?key=$secret.shop'));
    expect(found({})).toEqual(['warning FLOW_UNKNOWN_SECRET $.widgets.ask.url']);
    expect(found({}, { OFFHOOK_SECRET_SHOP: 'x' })).toEqual([]);
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
