import { describe, expect, it } from 'vitest';
import { defaultWebhook, readConfiguredWebhooks } from '../../../../src/webhooks/configured/configured.js';
import { Guard } from '../../../../src/http/guard.js';

const guard = new Guard({ allowHttp: false, allowHosts: ['crm.local:8443'], allowNetworks: [] });
const secrets = (name: string) => ({ crm: 'pw', host: 'crm.example' })[name];

function read(input: unknown) {
  return readConfiguredWebhooks(input, { file: 'webhooks.json', guard, secrets });
}

/** Problems as `CODE path`. */
function problems(input: unknown): string[] {
  return read(input).problems.map(({ code, path }) => `${code} ${path}`);
}

const crm = { name: 'crm', url: 'https://crm.example/report' };

describe('config/webhooks.json', () => {
  it('fills in defaults', () => {
    expect(read([crm])).toEqual({
      webhooks: [
        {
          ...crm,
          method: 'POST',
          auth: { type: 'none' },
          sign: null,
          kind: 'report',
          default: false,
          format: 'phonon',
          options: {
            durationUnit: 'ms',
            minimalSingleLeg: false,
            wrapInBody: false,
            includeUserVariables: false,
            includeCallVariables: false,
          },
          events: [],
          eventFormat: 'flat',
          redirects: 'fail',
        },
      ],
      problems: [],
    });
  });

  it.each([
    { type: 'bearer', token: '$secret.crm' },
    { type: 'apiKey', name: 'x-key', value: '$secret.crm', in: 'query' },
    { type: 'oauth2', tokenUrl: 'https://id.example/t', clientId: 'a', clientSecret: '$secret.crm' },
    { type: 'credential', name: 'crm' },
  ])('knows authentication of type $type', (auth) => {
    expect(read([{ ...crm, auth, sign: 'ours' }])).toMatchObject({ webhooks: [{ auth, sign: 'ours' }], problems: [] });
  });

  it('takes a secret that stands in the file with a warning, and no secret that is not set', () => {
    expect(problems([{ ...crm, auth: { type: 'bearer', token: 'abc' } }])).toEqual(['WEBHOOK_PLAIN_PASSWORD $[0].auth.token']);
    expect(problems([{ ...crm, auth: { type: 'bearer', token: '$secret.none' } }])).toEqual([
      'CONFIG_SECRET_MISSING $[0].auth.token',
    ]);
  });

  it('takes call events by name, for webhooks that take reports', () => {
    expect(read([{ ...crm, events: ['answered', 'completed'] }]).webhooks).toMatchObject([{ events: ['answered', 'completed'] }]);
    expect(problems([{ ...crm, events: ['exploded'] }])).toEqual(['CONFIG_INVALID $[0].events[0]']);
    expect(problems([{ ...crm, kind: 'functions', events: ['record'], default: true }])).toEqual([
      'WEBHOOK_KIND_MISMATCH $[0].default',
      'WEBHOOK_KIND_MISMATCH $[0].events',
    ]);
  });

  it('may be missing or empty', () => {
    expect(read(null)).toEqual({ webhooks: [], problems: [] });
    expect(read([])).toEqual({ webhooks: [], problems: [] });
  });

  // docs/behaviour.md#default-webhook
  it('knows its default', () => {
    const { webhooks } = read([crm, { ...crm, name: 'other', default: true }]);
    expect(defaultWebhook(webhooks)?.name).toBe('other');
    expect(defaultWebhook([])).toBeUndefined();
  });

  it('has one default at most', () => {
    const two = [crm, { ...crm, name: 'b' }, { ...crm, name: 'c' }].map((webhook) => ({ ...webhook, default: true }));
    expect(problems(two)).toEqual(['WEBHOOK_SEVERAL_DEFAULTS $[1].default', 'WEBHOOK_SEVERAL_DEFAULTS $[2].default']);
  });

  it('lists every problem at once, with its path', () => {
    const input = [
      { name: 'a b', url: '', method: 'GET', format: 'xml', extra: 1 },
      { ...crm, auth: { type: 'basic', username: 'u' } },
    ];
    expect(problems(input).sort()).toEqual([
      'CONFIG_INVALID $[0].format',
      'CONFIG_INVALID $[0].method',
      'CONFIG_INVALID $[0].name',
      'CONFIG_INVALID $[0].url',
      'CONFIG_INVALID $[1].auth.password',
      'CONFIG_UNKNOWN_KEY $[0].extra',
    ]);
    expect(read({}).problems).toMatchObject([{ code: 'CONFIG_INVALID', path: '$', file: 'webhooks.json', severity: 'error' }]);
  });

  it('refuses names given twice, URLs the guard refuses, secrets that are not set', () => {
    const input = [
      crm,
      { ...crm, url: 'http://crm.example/' },
      { name: 'x', url: 'https://10.0.0.1/' },
      { name: 'y', url: 'https://crm.local:8443/' },
      { name: 'z', url: 'https://$secret.nope/', auth: { type: 'basic', username: '$secret.u', password: '$secret.crm' } },
    ];
    expect(problems(input)).toEqual([
      'WEBHOOK_NAME_TAKEN $[1].name',
      'WEBHOOK_URL_REFUSED $[1].url',
      'WEBHOOK_URL_REFUSED $[2].url',
      'CONFIG_SECRET_MISSING $[4].url',
      'CONFIG_SECRET_MISSING $[4].auth.username',
    ]);
    expect(read(input).webhooks).toEqual([]);
  });

  it('names the variable of a secret that is not set', () => {
    const [found] = read([{ ...crm, auth: { type: 'bearer', token: '$secret.shop-key' } }]).problems;
    expect(found?.message).toBe('In webhook crm the secret shop-key is not set.');
    expect(found?.advice).toContain('OFFHOOK_SECRET_SHOP_KEY');
  });

  // docs/behaviour.md#talk-time, #report-variables, #report-wrapper
  it('warns about options that change nothing in the native format', () => {
    const options = { durationUnit: 's', wrapInBody: false };
    const native = read([{ ...crm, format: 'native', options }]);
    expect(native.problems).toMatchObject([
      { code: 'WEBHOOK_OPTION_UNUSED', severity: 'warning', path: '$[0].options.durationUnit', file: 'webhooks.json' },
    ]);
    expect(native.webhooks).toHaveLength(1);
    expect(problems([{ ...crm, options }])).toEqual([]);
  });

  // docs/decisions/0014-secrets-by-name.md
  it('never says a secret', () => {
    const { problems: found } = readConfiguredWebhooks([{ ...crm, url: 'https://$secret.x/' }], {
      file: 'webhooks.json',
      guard,
      secrets: () => '10.11.12.13',
    });
    expect(found).toHaveLength(1);
    expect(JSON.stringify(found)).not.toContain('10.11.12.13');
  });

  it('warns about a password in the file and still uses it', () => {
    const plain = [{ ...crm, url: 'https://$secret.host/x', auth: { type: 'basic', username: 'u', password: 'pw' } }];
    expect(problems(plain)).toEqual(['WEBHOOK_PLAIN_PASSWORD $[0].auth.password']);
    expect(read(plain).webhooks).toHaveLength(1);
  });
});
