import { describe, expect, it } from 'vitest';
import type { WidgetProblem } from '../../../../src/flow/widget.js';
import type { RequestRules } from '../../../../src/model/request-rules.js';
import { CLIENT_DEFAULTS } from '../../../../src/http/client.js';
import { Guard } from '../../../../src/http/guard.js';
import type { Credential } from '../../../../src/webhooks/auth/credential.js';
import { requestRules } from '../../../../src/webhooks/request-rules.js';
import type { Signer } from '../../../../src/webhooks/signing/signer.js';
import { webhook } from '../../../../src/widgets/webhook/webhook.js';
import { problemsOf as flowProblems } from '../../../support/flow-case.js';
import { SERVICE } from '../../../support/webhook-widget.js';

/* What is told of a webhook before it runs. */

/** What the site signs with, and what it may be named. */
const siteOf = (defaultSigner: string | null, signer: Signer): RequestRules =>
  requestRules(new Guard(CLIENT_DEFAULTS), {
    identity: {
      credentials: new Map<string, Credential>([
        ['shop', { auth: { type: 'apiKey', name: 'X-Key', value: ['k'], in: 'header' }, certificate: null }],
        ['crm', { auth: { type: 'bearer', token: ['t'] }, certificate: null }],
      ]),
      signers: new Map([['studio', signer]]),
      defaultSigner,
    },
    answerLater: 'the site has no public address',
  });

const jwt: Signer = {
  type: 'jwt',
  header: 'X-Webhook-Auth-Token',
  issuer: 'i',
  apiKey: 'a',
  applicationId: null,
  secrets: ['s'],
  payload: 'body',
};
const rules = siteOf(null, jwt);

function found(config: object, requests: RequestRules | undefined = rules): readonly WidgetProblem[] {
  const parsed = webhook.config.parse({ url: SERVICE, ...config });
  return webhook.check?.(parsed, requests) ?? [];
}

const errors = (config: object) => found(config).flatMap(({ path, severity }) => (severity === 'warning' ? [] : [path]));
const warnings = (config: object) => found(config).flatMap(({ path, severity }) => (severity === 'warning' ? [path] : []));

const basic = { type: 'basic', username: 'a', password: 'b' };
const saved = { saveIn: '$flow.key.a' };
const row = { ...saved, path: 'a' };

describe('a webhook that cannot work is refused', () => {
  // docs/behaviour.md#escaping, #mapping, #answers-without-a-body, #path-root, #xml-paths
  it.each<[string, object, string]>([
    ['a JSON text that is none', { method: 'POST', body: { type: 'json', content: '{a: 1}' } }, 'body.content'],
    ['required and mandatory at odds', { mapping: [{ ...row, required: true, mandatory: false }] }, 'mapping[0].mandatory'],
    ['HEAD with a required value', { method: 'HEAD', mapping: [{ ...row, required: true }] }, 'mapping[0].required'],
    ['HEAD with a mandatory value', { method: 'HEAD', mapping: [{ ...row, mandatory: true }] }, 'mapping[0].mandatory'],
    ['a mapping row that reads two things', { mapping: [{ ...row, header: 'X-A' }] }, 'mapping[0].header'],
    ['a mapping row of path and status', { mapping: [{ ...row, status: true }] }, 'mapping[0].status'],
    ['a mapping row of header and status', { mapping: [{ ...saved, header: 'X-A', status: true }] }, 'mapping[0].status'],
    ['an answer header with a colon', { mapping: [{ ...saved, header: 'X-Auth-Token:' }] }, 'mapping[0].header'],
    ['an answer header with a blank', { mapping: [{ ...saved, header: 'X Auth' }] }, 'mapping[0].header'],
    ['an answer header with a variable', { mapping: [{ ...saved, header: '$flow.key.name' }] }, 'mapping[0].header'],
    ['a header that HTTP does not allow', { headers: [{ key: 'a b', value: 'x' }] }, 'headers[0]'],
    ['a header with a line break', { headers: [{ key: 'a', value: 'x\ny' }] }, 'headers[0]'],
    ['an API key in a header of the connection', { auth: { type: 'apiKey', name: 'Host', value: 'x' } }, 'auth.name'],
    ['a path that is none', { mapping: [{ ...row, path: 'a..b' }] }, 'mapping[0].path'],
    [
      'a path that is no XPath',
      { profile: 'phonon', responseType: 'xml', mapping: [{ ...row, path: '///' }] },
      'mapping[0].path',
    ],
  ])('%s', (_name, config, path) => {
    expect(errors(config)).toEqual([path]);
  });

  it('the same names are fine where they are there, or not known', () => {
    const named = { auth: { type: 'credential', name: 'shop' }, sign: 'studio' };
    expect(found(named)).toEqual([]);
    expect(found({ ...named, sign: 'other', answerLater: 1, holdMusic: true }, requestRules(new Guard(CLIENT_DEFAULTS)))).toEqual(
      [],
    );
    expect(found({ auth: { type: 'apiKey', name: 'key', value: 'x', in: 'query' } })).toEqual([]);
  });
});

// docs/behaviour.md#token-header, #signed-requests
describe('a site that signs everything', () => {
  const own = { headers: [{ key: 'authorization', value: 'x' }] };
  it.each<[string, object, readonly string[]]>([
    ['Basic', { auth: basic }, ['auth']],
    ['a credential in Authorization', { auth: { type: 'credential', name: 'crm' } }, ['auth']],
    ['an own header', own, ['headers[0]']],
    ['nothing in Authorization', { auth: { type: 'credential', name: 'shop' } }, []],
    ['a signature that is off', { auth: basic, sign: false }, []],
  ])('beside %s', (_what, config, expected) => {
    const paths = (requests: RequestRules) => found(config, requests).map(({ path }) => path);
    expect(paths(siteOf('studio', jwt))).toEqual(expected);
    expect(paths(siteOf('studio', { type: 'standard', secret: 's', previous: [] }))).toEqual([]);
    expect(paths(siteOf(null, jwt))).toEqual([]);
  });
});

it('a signer of Standard Webhooks leaves Authorization to the credentials', () => {
  const standard = siteOf(null, { type: 'standard', secret: 's', previous: [] });
  expect(found({ auth: basic, sign: 'studio' }, standard)).toEqual([]);
  expect(found({ auth: basic, sign: 'studio' }, rules).map(({ code }) => code)).toEqual(['SIGNATURE_MOVED']);
});

describe('a field without effect is told', () => {
  // docs/behaviour.md#body-with-get, #late-answers, #hold-music
  it.each<[string, object, readonly string[]]>([
    ['a body with GET', { body: { type: 'json', content: {} } }, ['body']],
    ['a body with HEAD', { method: 'HEAD', body: { type: 'text', content: 'x' } }, ['body']],
    ['not when it is sent', { body: { type: 'json', content: {} }, sendBodyWithGet: true }, []],
    ['a signature beside Basic', { auth: basic, sign: 'studio' }, ['sign']],
    ['a signature beside Bearer', { auth: { type: 'bearer', token: 'x' }, sign: 'studio' }, ['sign']],
    ['a signature beside an own header', { headers: [{ key: 'AUTHORIZATION', value: 'x' }], sign: 'studio' }, ['sign']],
    ['not beside an API key elsewhere', { auth: { type: 'apiKey', value: 'x' }, sign: 'studio' }, []],
    ['not when it is off', { auth: basic, sign: false }, []],
    ['a signature beside a credential in Authorization', { auth: { type: 'credential', name: 'crm' }, sign: 'studio' }, ['sign']],
    ['not beside a credential elsewhere', { auth: { type: 'credential', name: 'shop' }, sign: 'studio' }, []],
    ['an own header beside Basic', { headers: [{ key: 'Authorization', value: 'x' }], auth: basic }, ['headers[0]']],
    ['tries of POST', { method: 'POST', retries: 1 }, ['retries']],
    ['tries of PATCH', { method: 'PATCH', retries: 1 }, ['retries']],
    ['not tries of PUT', { method: 'PUT', retries: 1 }, []],
    ['not tries of POST with a key', { method: 'POST', retries: 1, idempotencyKey: true }, []],
    ['required beside a default', { mapping: [{ ...row, required: true, default: 1 }] }, ['mapping[0].required']],
    ['mandatory beside a default', { mapping: [{ ...row, mandatory: true, default: null }] }, ['mapping[0].mandatory']],
    ['not the required of a profile', { profile: 'vonage', mapping: [{ ...row, default: 1 }] }, []],
    ['a connection later than everything', { timeout: 5, connectTimeout: 5 }, ['connectTimeout']],
    ['a connection later than the legacy timeout', { timeoutProfile: 'legacy-5s', connectTimeout: 6 }, ['connectTimeout']],
    ['not one in time', { timeout: 5, connectTimeout: 4.9 }, []],
    ['a credential the site has not', { auth: { type: 'credential', name: 'other' } }, ['auth.name']],
    ['a signer the site has not', { sign: 'other' }, ['sign']],
    ['an answer later that cannot reach the site', { answerLater: 5, holdMusic: true }, ['answerLater']],
    ['not a mapping for later', { wait: false, mapping: [row], saveStatusIn: '$flow.key.s' }, []],
    [
      'a mapping for nobody',
      { wait: false, applyLate: false, mapping: [row], saveStatusIn: '$CODE' },
      ['mapping', 'saveStatusIn'],
    ],
    ['status exits that nobody waits for', { wait: false, statusExits: ['404'] }, ['statusExits']],
    ['music that nobody waits with', { wait: false, holdMusic: true }, ['holdMusic']],
  ])('%s', (_name, config, paths) => {
    expect([errors(config), warnings(config)]).toEqual([[], paths]);
  });
});

describe('in a whole flow', () => {
  const of = (config: object, more: object = {}) =>
    flowProblems(
      {
        id: 'f',
        name: 'F',
        start: 'a',
        widgets: { a: { type: 'webhook', url: SERVICE, exits: { success: null, failed: null }, ...config } },
        ...more,
      },
      { allowHttp: false },
    ).map(({ path, code }) => `${path} ${code}`);

  // docs/behaviour.md#plain-http
  it('plain http is refused wherever a request goes', () => {
    const http = 'http://x.example/';
    const auth = { type: 'oauth2', tokenUrl: http, clientId: 'a', clientSecret: 'b' };
    expect(of({ url: http, fallbackUrl: http, auth })).toEqual([
      '$.widgets.a.url WEBHOOK_HTTP_NOT_ALLOWED',
      '$.widgets.a.fallbackUrl WEBHOOK_HTTP_NOT_ALLOWED',
      '$.widgets.a.auth.tokenUrl WEBHOOK_HTTP_NOT_ALLOWED',
    ]);
  });

  // docs/decisions/0014-secrets-by-name.md
  it.each([
    { auth: { type: 'bearer', token: '$secret.x' } },
    { auth: { type: 'apiKey', value: '$secret.x' } },
    { auth: { type: 'oauth2', tokenUrl: 'https://x.example/$secret.x', clientId: '$secret.x', clientSecret: '$secret.x' } },
    { fallbackUrl: 'https://x.example/$secret.x' },
    { headers: [{ key: 'X', value: '$secret.x' }] },
  ])('secrets are legal in %j', (config) => {
    expect(of(config)).toEqual([]);
  });

  it.each([
    { method: 'POST', body: { type: 'fields', fields: [{ key: 'a', value: '$secret.x' }] } },
    { idempotencyKey: '$secret.x' },
    { auth: { type: 'oauth2', tokenUrl: 'https://x.example', clientId: 'a', clientSecret: 'b', scope: '$secret.x' } },
  ])('and nowhere else: %j', (config) => {
    expect(of(config)).toEqual([expect.stringContaining('FLOW_SECRET_MISPLACED')]);
  });

  // docs/behaviour.md#empty-query-rows, #variables-in-text
  it('a query row filled from its key needs that variable to be there', () => {
    const query = [{ key: 'ORDER' }, { key: 'phone', value: '' }];
    expect(of({ profile: 'vonage', query })).toEqual([
      '$.widgets.a.query[0].value FLOW_UNDECLARED_VARIABLE',
      '$.widgets.a.query[1].value FLOW_UNDECLARED_VARIABLE',
    ]);
    expect(of({ profile: 'vonage', query }, { variables: { ORDER: null, phone: null } })).toEqual([]);
  });

  // docs/behaviour.md#body-by-rows
  it('two rows that clash are refused where they stand', () => {
    const fields = [
      { key: 'a', value: '1' },
      { key: 'a.b', value: '2' },
    ];
    expect(of({ method: 'POST', body: { type: 'fields', fields } })).toEqual(['$.widgets.a.body.fields[1].key FLOW_INVALID']);
  });

  it('without waiting, an exit of a status is refused as unknown', () => {
    expect(of({ wait: false, exits: { success: null, failed: null, '404': null } })).toContain(
      "$.widgets.a.exits['404'] FLOW_UNKNOWN_EXIT",
    );
  });

  // docs/behaviour.md#label-and-notes
  it('a label and notes of up to 1000 characters change nothing', () => {
    expect(of({ label: 'Look it up', notes: 'x'.repeat(1000) })).toEqual([]);
    expect(of({ notes: 'x'.repeat(1001) })).toEqual(['$.widgets.a.notes FLOW_INVALID']);
  });
});

describe('rows that read headers and the status', () => {
  it('are fine with HEAD, mandatory too, and with headers of the connection, which answers have', () => {
    const rows = [
      { ...saved, header: 'Content-Length', mandatory: true },
      { ...saved, status: true, required: true },
    ];
    expect(found({ method: 'HEAD', mapping: rows })).toEqual([]);
  });

  it('are refused by stable codes', () => {
    const codes = (mapping: object) => found({ mapping: [mapping] }).map(({ code }) => code);
    expect(codes({ ...row, header: 'X-A' })).toEqual(['FLOW_CONFLICT']);
    expect(codes({ ...saved, header: 'a b' })).toEqual(['FLOW_BAD_HEADER']);
    expect(codes({ ...saved, header: 'a b', required: true, default: 1 })).toEqual(['FLOW_BAD_HEADER']);
  });
});
