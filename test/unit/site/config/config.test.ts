import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { configSchema, loadConfig, SETTINGS, type Config } from '../../../../src/site/config/config.js';
import { systemClock } from '../../../../src/lib/clock.js';
import type { Problem } from '../../../../src/lib/problem.js';
import { CLIENT_DEFAULTS, HttpClient } from '../../../../src/http/client.js';
import { WEBHOOK_LIMITS } from '../../../../src/webhooks/webhook.js';
import { temporaryFolder } from '../../../support/stores.js';

let temporary: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  temporary = temporaryFolder();
});
afterEach(() => temporary.remove());

type Env = Record<string, string>;

function load(document: unknown, env: Env = {}) {
  const text = typeof document === 'string' ? document : JSON.stringify(document);
  writeFileSync(join(temporary.folder, 'offhook.json'), text);
  return loadConfig({ dir: temporary.folder, env, base: '/base' });
}

function good(document: unknown, env: Env = {}): Config {
  const loaded = load(document, env);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.error));
  return loaded.value;
}

function problems(document: unknown, env: Env = {}): readonly Problem[] {
  const loaded = load(document, env);
  return loaded.ok ? loaded.value.warnings : loaded.error;
}

describe('configuration', () => {
  it.each(['tls://0.0.0.0:5061', 'sips://0.0.0.0:5061', 'WSS://0.0.0.0:443'])('says what there is instead of %s', (listen) => {
    expect(problems({ sip: { listen: [listen] } })).toEqual([
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        path: '$.sip.listen[0]',
        message: expect.stringMatching(/SIP over TLS .* proxy .* tcp:\/\/ or udp:\/\//) as string,
      }),
    ]);
  });

  it('needs nothing but an empty object', () => {
    const config = good({});
    expect(config.sip.listen).toEqual(['udp://0.0.0.0:5060', 'tcp://0.0.0.0:5060']);
    expect(config.reports.retrySeconds).toEqual([5, 300, 1800, 7200, 18_000, 36_000, 36_000, 43_200]);
    expect(config.store.file).toBe(join(temporary.folder, 'data', 'offhook.db'));
    expect(config.recordings.dir).toBe(join(temporary.folder, 'data', 'recordings'));
    expect(config.flowsDir).toBe(join(temporary.folder, 'flows'));
    expect(config.warnings).toEqual([]);
    expect(config.webhooksDocument).toBeNull();
  });

  it('is frozen to the bottom', () => {
    const config = good({ routing: { numbers: [{ number: '100', flow: 'demo' }] } });
    expect(() => ((config.routing.numbers[0] as { flow: string }).flow = 'x')).toThrow(TypeError);
    expect(() => ((config as { goodbye: string }).goodbye = 'x')).toThrow(TypeError);
  });

  it('has two RTP ports for each call by default', () => {
    const { media, limits } = good({});
    expect(media.ports.to - media.ports.from + 1).toBeGreaterThanOrEqual(2 * limits.calls);
  });

  const cases: readonly [string, unknown, Env, [code: string, file: string, path: string, advice?: RegExp][]][] = [
    ['text that is not JSON', '{ "sip":\n  x }', {}, [['CONFIG_UNREADABLE', 'offhook.json', '$']]],
    ['a list', [], {}, [['CONFIG_INVALID', 'offhook.json', '$']]],
    ['the name of a language', { goodbyeLanguage: 'german' }, {}, [['CONFIG_INVALID', 'offhook.json', '$.goodbyeLanguage']]],
    [
      'a setting that nothing resembles, with those that are there',
      { routing: { 100: 'shop' } },
      {},
      [['CONFIG_UNKNOWN_KEY', 'offhook.json', "$.routing['100']", /Settings here: numbers, default\./]],
    ],
    ['an unknown section', { sipp: {} }, {}, [['CONFIG_UNKNOWN_KEY', 'offhook.json', '$.sipp', /“sip”/]]],
    ['an unknown key', { api: { prot: 1 } }, {}, [['CONFIG_UNKNOWN_KEY', 'offhook.json', '$.api.prot', /“port”/]]],
    [
      'an unknown key in a list',
      { routing: { numbers: [{ numbr: '1', number: '1', flow: 'a' }] } },
      {},
      [['CONFIG_UNKNOWN_KEY', 'offhook.json', '$.routing.numbers[0].numbr', /“number”/]],
    ],
    [
      'an unknown key in an optional object',
      { sip: { server: { hots: 'x', host: 'x', secret: 's' } } },
      {},
      [['CONFIG_UNKNOWN_KEY', 'offhook.json', '$.sip.server.hots', /“host”/]],
    ],
    [
      'several things at once',
      { api: { port: 70_000 }, log: { level: 'loud' }, limits: { calls: 0, steps: 1.5 } },
      {},
      [
        ['CONFIG_INVALID', 'offhook.json', '$.limits.calls'],
        ['CONFIG_INVALID', 'offhook.json', '$.limits.steps'],
        ['CONFIG_INVALID', 'offhook.json', '$.api.port'],
        ['CONFIG_INVALID', 'offhook.json', '$.log.level'],
      ],
    ],
    [
      'addresses that are none',
      { sip: { listen: ['udp://host:5060'], allowFrom: ['10.0.0.0/33'] }, media: { address: 'eth0' } },
      {},
      [
        ['CONFIG_INVALID', 'offhook.json', '$.sip.listen[0]'],
        ['CONFIG_INVALID', 'offhook.json', '$.sip.allowFrom[0]'],
        ['CONFIG_INVALID', 'offhook.json', '$.media.address'],
      ],
    ],
    [
      'hosts, networks and sizes that webhooks cannot take',
      {
        webhooks: {
          allowHosts: ['crm.local', 'http://crm.local', 'crm.local/path', '::1', 'crm.local:99999'],
          allowNetworks: ['10.0.0.0/8', '10.1.2.3', '10.0.0.0/33', '010.0.0.1', '10.1', 'fd00::/129', '10.0.0.0/', ''],
          maxResponseBytes: WEBHOOK_LIMITS.maxResponseBytes + 1,
          proxy: 'http://user:%FF@proxy.local:3128',
        },
      },
      {},
      [
        ...[1, 2, 3, 4].map((i): [string, string, string] => ['CONFIG_INVALID', 'offhook.json', `$.webhooks.allowHosts[${i}]`]),
        ...[2, 3, 4, 5, 6, 7].map((i): [string, string, string] => [
          'CONFIG_INVALID',
          'offhook.json',
          `$.webhooks.allowNetworks[${i}]`,
        ]),
        ['CONFIG_INVALID', 'offhook.json', '$.webhooks.proxy'],
        ['CONFIG_INVALID', 'offhook.json', '$.webhooks.maxResponseBytes'],
      ],
    ],
    [
      'a route with number and prefix',
      { routing: { numbers: [{ number: '1', prefix: '1', flow: 'a' }] } },
      {},
      [['CONFIG_INVALID', 'offhook.json', '$.routing.numbers[0]']],
    ],
    [
      'a number routed twice',
      {
        routing: {
          numbers: [
            { number: '+49', flow: 'a' },
            { number: '49', flow: 'b' },
          ],
        },
      },
      {},
      [['CONFIG_CONFLICT', 'offhook.json', '$.routing.numbers[1]']],
    ],
    [
      'a port range upside down',
      { media: { ports: { from: 20_000, to: 10_000 } } },
      {},
      [['CONFIG_CONFLICT', 'offhook.json', '$.media.ports']],
    ],
    [
      'fewer ports than twice the calls',
      // A thousand ports: every call takes an even one and leaves the odd one free.
      { media: { ports: { from: 20_000, to: 20_999 } } },
      {},
      [['CONFIG_CONFLICT', 'offhook.json', '$.media.ports']],
    ],
    ['an open API without a key', { api: { host: '0.0.0.0' } }, {}, [['CONFIG_CONFLICT', 'offhook.json', '$.api.host', /key/]]],
    ['a short key', { api: { keys: ['short'] } }, {}, [['CONFIG_CONFLICT', 'offhook.json', '$.api.keys[0]', /16/]]],
    [
      'a secret that is not set',
      { api: { host: '0.0.0.0', keys: ['$secret.api-key'] } },
      {},
      [['CONFIG_SECRET_MISSING', 'offhook.json', '$.api.keys[0]', /OFFHOOK_SECRET_API_KEY/]],
    ],
    [
      'the key of the translation service',
      { functions: { translation: { url: 'https://translate.example', apiKey: '$secret.translation' } } },
      {},
      [['CONFIG_SECRET_MISSING', 'offhook.json', '$.functions.translation.apiKey', /OFFHOOK_SECRET_TRANSLATION/]],
    ],
    ['a bad variable', {}, { OFFHOOK_API_PORT: 'http' }, [['CONFIG_INVALID', 'environment', '$.api.port', /OFFHOOK_API_PORT/]]],
    [
      'an unknown variable',
      {},
      { OFFHOOK_API_PROT: '1' },
      [['CONFIG_UNKNOWN_KEY', 'environment', 'OFFHOOK_API_PROT', /OFFHOOK_API_PORT/]],
    ],
  ];
  it.each(cases)('reports %s', (_, document, env, expected) => {
    const found = problems(document, env);
    expect(found.map(({ code, file, path }) => [code, file, path])).toEqual(
      expected.map(([code, file, path]) => [code, file, path]),
    );
    for (const [i, [, , , advice]] of expected.entries()) expect(found[i]?.advice).toMatch(advice ?? /./);
    for (const { message } of found) expect(message).toMatch(/\S/);
  });

  it('names line and column of a mistake, and none of the text', () => {
    const [found] = problems('{ "api": {\n "keys": ["top-secret" }');
    expect(found?.message).toMatch(/line 2, column \d+/);
    expect(found?.message).not.toContain('secret');
  });

  it('is refused where there is no folder', () => {
    const loaded = loadConfig({ dir: join(temporary.folder, 'nowhere'), env: {} });
    expect(loaded).toMatchObject({ ok: false, error: [{ code: 'CONFIG_UNREADABLE', severity: 'error' }] });
    const message = `the file does not exist in ${join(temporary.folder, 'nowhere')}`;
    expect(loaded).toMatchObject({ error: [{ file: 'offhook.json', message }] });
  });

  it('is named once where it cannot be read', () => {
    const [found] = problems('{ "sip": ');
    expect(found).toMatchObject({
      file: 'offhook.json',
      message: expect.stringMatching(/^(is not JSON: )?mistake in line 1/) as string,
    });
  });
});

describe('what webhooks may reach', () => {
  it('is accepted exactly when the client can be built with it', () => {
    const allowHosts = ['crm', 'crm.local:8443', '[fd00::1]:443', '10.0.0.5'];
    const allowNetworks = ['10.0.0.0/8', '10.1.2.3', 'fd00::/8', '::1', '::ffff:10.0.0.0/104'];
    const { webhooks } = good({ webhooks: { allowHosts, allowNetworks, proxy: 'http://user:p%C3%A4ss@proxy.local:3128' } });
    expect(() => new HttpClient({ ...CLIENT_DEFAULTS, ...webhooks }, systemClock)).not.toThrow();
  });
});

describe('environment', () => {
  it('overrides every kind of setting', () => {
    const config = good(
      { api: { port: 1 }, sip: { userAgent: 'File' } },
      {
        OFFHOOK_API_PORT: '0',
        OFFHOOK_SIP_USER_AGENT: '42',
        OFFHOOK_SIP_LISTEN: 'udp://127.0.0.1:0, tcp://127.0.0.1:0',
        OFFHOOK_SIP_ALLOW_FROM: '["192.0.2.0/24"]',
        OFFHOOK_WEBHOOKS_ALLOW_HTTP: 'true',
        OFFHOOK_SIP_EXTERNAL_ADDRESS: '',
        OFFHOOK_MEDIA_PORTS_FROM: '10010',
        OFFHOOK_REPORTS_RETRY_SECONDS: '[1,2]',
        OFFHOOK_DRAIN_SECONDS: '5',
        OFFHOOK_ROUTING_NUMBERS: '[{"prefix":"1","flow":"a"}]',
        OFFHOOK_SIP_SERVER_HOST: 'edge',
        OFFHOOK_SIP_SERVER_SECRET: '$secret.edge',
        OFFHOOK_SECRET_EDGE: 'hunter2',
      },
    );
    expect(config.api.port).toBe(0);
    expect(config.sip).toMatchObject({
      userAgent: '42',
      listen: ['udp://127.0.0.1:0', 'tcp://127.0.0.1:0'],
      allowFrom: ['192.0.2.0/24'],
      server: { host: 'edge', port: 9022, secret: 'hunter2' },
    });
    expect(config.webhooks.allowHttp).toBe(true);
    expect(config.sip.externalAddress).toBeNull();
    expect(config.media.ports).toEqual({ from: 10_010, to: 11_999 });
    expect(config.reports.retrySeconds).toEqual([1, 2]);
    expect(config.drainSeconds).toBe(5);
    expect(config.routing.numbers).toEqual([{ prefix: '1', flow: 'a' }]);
  });

  it('has one variable for each setting, all different', () => {
    const variables = SETTINGS.map(({ variable }) => variable);
    expect(new Set(variables).size).toBe(variables.length);
    expect(variables).toContain('OFFHOOK_SIP_INVITES_PER_SECOND_PER_SOURCE');
    expect(variables).toContain('OFFHOOK_SIP_T1_MS');
    expect(variables).toContain('OFFHOOK_DATA_DIR');
  });
});

describe('secrets', () => {
  it('the password of a proxy may be one, encoded for its place', () => {
    const proxy = 'http://ivr:$secret.proxy@192.0.2.1:3128';
    expect(good({ webhooks: { proxy } }, { OFFHOOK_SECRET_PROXY: 'p@ss:/ä' }).webhooks.proxy).toBe(
      'http://ivr:p%40ss%3A%2F%C3%A4@192.0.2.1:3128',
    );
    expect(problems({ webhooks: { proxy } })).toMatchObject([{ code: 'CONFIG_SECRET_MISSING', path: '$.webhooks.proxy' }]);
  });

  const writeSecrets = (content: string, mode = 0o600): void => {
    const file = join(temporary.folder, 'secrets.json');
    writeFileSync(file, content);
    chmodSync(file, mode);
  };

  it('come from the environment first, then from the file, and are not own properties of the configuration', () => {
    writeSecrets('{"shop":"from file","api":"0123456789abcdef"}');
    const config = good({ api: { keys: ['$secret.api'] } }, { OFFHOOK_SECRET_SHOP: 'from environment' });
    expect(config.secret('shop')).toBe('from environment');
    expect(config.secret('nothing')).toBeUndefined();
    expect(config.secret('constructor')).toBeUndefined();
    expect(config.api.keys).toEqual(['0123456789abcdef']);
    expect(JSON.stringify(config)).not.toContain('from ');
  });

  it('are warned about when everybody can read them', () => {
    writeSecrets('{}', 0o644);
    expect(problems({})).toMatchObject([{ code: 'CONFIG_SECRETS_EXPOSED', severity: 'warning' }]);
  });

  it('are refused without being shown', () => {
    writeSecrets('{"ok":"x","bad name":"s3cret","list":["s3cret"]}');
    const found = problems({});
    expect(found.map(({ code }) => code)).toEqual(['CONFIG_INVALID', 'CONFIG_INVALID']);
    expect(JSON.stringify(found)).not.toContain('s3cret');
  });
});

describe('addresses for SDP', () => {
  it.each([
    [{ externalAddress: '203.0.113.9' }, ['udp://0.0.0.0:5060'], '203.0.113.9'],
    [{ address: '192.0.2.1' }, ['udp://0.0.0.0:5060'], '192.0.2.1'],
    [{}, ['udp://127.0.0.1:0', 'tcp://[::1]:0'], '127.0.0.1'],
  ])('media %j with SIP on %j advertises %s', (media, listen, expected) => {
    expect(good({ media, sip: { listen } }).media.advertisedAddress).toBe(expected);
  });
});

describe('addresses of the two families', () => {
  it.each([
    [{ address6: '192.0.2.1' }, 'CONFIG_INVALID', '$.media.address6'],
    [{ address6: 'auto6' }, 'CONFIG_INVALID', '$.media.address6'],
    [{ address6: 'fe80::1%eth0' }, 'CONFIG_INVALID', '$.media.address6'],
    [{ address6: '::ffff:192.0.2.1' }, 'CONFIG_INVALID', '$.media.address6'],
    [{ externalAddress6: '203.0.113.9' }, 'CONFIG_INVALID', '$.media.externalAddress6'],
    [{ address6: 'fe80::1' }, 'CONFIG_INVALID', '$.media.address6'],
    [{ externalAddress6: 'ff02::1' }, 'CONFIG_INVALID', '$.media.externalAddress6'],
    [{ externalAddress6: '::' }, 'CONFIG_CONFLICT', '$.media.externalAddress6'],
    [{ externalAddress: '0.0.0.0' }, 'CONFIG_CONFLICT', '$.media.externalAddress'],
    [{ externalAddress: '2001:db8::9' }, 'CONFIG_CONFLICT', '$.media.externalAddress'],
    [{ address: '::1', externalAddress: '203.0.113.9' }, 'CONFIG_CONFLICT', '$.media.externalAddress'],
    [{ address: '::1', address6: 'fd00::2' }, 'CONFIG_CONFLICT', '$.media.address6'],
    [{ address: '::1', externalAddress6: '2001:db8::9' }, 'CONFIG_CONFLICT', '$.media.externalAddress6'],
    [{ address6: 'off', externalAddress6: '2001:db8::9' }, 'CONFIG_CONFLICT', '$.media.externalAddress6'],
  ])('media %j is refused', (media, code, path) => {
    expect(problems({ media })).toMatchObject([{ code, path }]);
  });

  it.each([
    { address6: 'off' },
    { address6: '::' },
    { address6: '2001:db8::5', externalAddress6: '2001:db8::9' },
    { address: '2001:db8::5', externalAddress: '2001:db8::9' },
    { address: '::1', address6: 'off' },
  ])('media %j is taken', (media) => {
    expect(problems({ media })).toEqual([]);
  });
});

describe('configuration schema', () => {
  it('documents every key, and gives each a default', () => {
    const missing = SETTINGS.filter(({ description }) => description === '').map(({ variable }) => variable);
    expect(missing).toEqual([]);
    const without = SETTINGS.filter(({ defaultValue }) => defaultValue === undefined).map(({ variable }) => variable);
    // Within an object that is null by default.
    expect(without).toEqual(['OFFHOOK_SIP_SERVER_HOST', 'OFFHOOK_SIP_SERVER_SECRET', 'OFFHOOK_FUNCTIONS_TRANSLATION_URL']);
  });

  it('can be written as JSON Schema', () => {
    const schema = z.toJSONSchema(configSchema, { io: 'input' }) as { properties: Record<string, object> };
    expect(Object.keys(schema.properties)).toContain('sip');
    expect(schema).not.toHaveProperty('required');
  });
});
