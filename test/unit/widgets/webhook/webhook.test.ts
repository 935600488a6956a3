import { describe, expect, it } from 'vitest';
import { checkFlow } from '../../../../src/flow/document/check/check.js';
import { shownWebhook } from '../../../../src/flow/journal/masking.js';
import type { WebhookAnswer } from '../../../../src/model/webhook.js';
import { exactNumber } from '../../../../src/lib/number/exact-number.js';
import type { Json } from '../../../../src/lib/json/json.js';
import { widgetCatalogue } from '../../../../src/widgets/index.js';
import { webhook } from '../../../../src/widgets/webhook/webhook.js';
import { failed, FakeWidget, problemsOf } from '../../../support/fake-widget-context.js';
import { webhookAnswer } from '../../../support/webhook-calls.js';
import { runWebhook, SERVICE } from '../../../support/webhook-widget.js';

const URL = SERVICE;
const run = runWebhook;

const statusAnswer = (
  status: number,
  reason: WebhookAnswer['reason'],
  statusType: WebhookAnswer['statusType'] = 'CLIENT_ERROR',
) => ({
  status,
  statusType,
  reason,
});
const noAnswer = (reason: WebhookAnswer['reason']) => ({ status: null, statusType: null, raw: null, reason, detail: 'why' });

describe('the request', () => {
  it('defaults of native', async () => {
    const { call } = await run({});
    expect(call).toEqual({
      method: 'GET',
      url: [URL],
      query: [],
      headers: [],
      auth: { type: 'none' },
      body: null,
      timeoutMs: 10_000,
      maxResponseBytes: 65_536,
      redirects: 0,
      responseType: 'auto',
      pathRoot: 'document',
      xmlPaths: 'dotted',
      mapping: [],
    });
  });

  it('says which rows it leaves out and which it changes, without their values', async () => {
    const row = (key: string, value: string) => ({ key, value });
    const { call } = await run(
      {
        method: 'POST',
        query: [row('q', '$flow.key.gone'), row('kept', '$flow.key.name')],
        headers: [row('X-Gone', 'a $flow.key.gone $flow.key.lost'), row('X-Name', '$flow.key.name'), row('X-Plain', 'a b')],
        auth: { type: 'bearer', token: '$flow.key.token' },
        idempotencyKey: 'k $flow.key.token',
        body: { type: 'fields', fields: [row('b', '$flow.key.gone'), row('c', 'x')] },
      },
      { values: { name: 'Zoë 漢', token: 'tok\n' } },
    );
    expect(call.notes).toEqual([
      { place: 'query', key: 'q', note: 'left out: no value for $flow.key.gone' },
      { place: 'headers', key: 'X-Gone', note: 'left out: no value for $flow.key.gone, $flow.key.lost' },
      { place: 'headers', key: 'X-Name', note: 'percent-encoded as UTF-8' },
      { place: 'auth', key: 'token', note: 'trimmed and coded for a token' },
      { place: 'body', key: 'b', note: 'left out: no value for $flow.key.gone' },
      { place: 'idempotencyKey', key: 'Idempotency-Key', note: 'blanks and line breaks at its ends left out' },
    ]);
    expect(JSON.stringify(shownWebhook(call))).toContain('left out: no value for $flow.key.gone');
  });

  // docs/behaviour.md#request-timeout, #response-type, #path-root, #xml-paths
  it('defaults of phonon, every one of which can be set', async () => {
    const { call } = await run({ profile: 'phonon' });
    expect(call).toMatchObject({ timeoutMs: 60_000, responseType: 'json', pathRoot: 'data', xmlPaths: 'xpath' });
    const own = { responseType: 'xml', pathRoot: 'document', xmlPaths: 'dotted' };
    expect((await run({ profile: 'phonon', timeout: 30, ...own })).call).toMatchObject({ ...own, timeoutMs: 30_000 });
  });

  // docs/behaviour.md#request-methods
  it('OPTION is sent as OPTIONS', async () => {
    expect((await run({ method: 'OPTION' })).call.method).toBe('OPTIONS');
  });

  // docs/behaviour.md#variables-in-a-request, #escaping
  it('variables in the URL are encoded where they stand', async () => {
    const values = { order: 'a/b c?', base: 'https://shop.example:8443' };
    expect((await run({ url: `${URL}/$flow.key.order?q=$flow.key.order` }, { values })).call.url).toEqual([
      `${URL}/a%2Fb%20c%3F?q=a%2Fb%20c%3F`,
    ]);
    expect((await run({ url: '$flow.key.base/x' }, { values })).call.url).toEqual(['https://shop.example:8443/x']);
  });

  it.each([
    { url: 'https://host$flow.key.a/h' },
    { url: `${URL}/$flow.key.dots` },
    { url: '$flow.key.whole' },
    { fallbackUrl: 'https://host$flow.key.a/h' },
    { auth: { type: 'oauth2', tokenUrl: 'https://host$flow.key.a/t', clientId: 'a', clientSecret: 'b' } },
  ])('a value that would decide where the request goes makes it a refused one: %j', async (config) => {
    const values = { a: '.evil.example', dots: '..', whole: 'https://evil.example' };
    const { call } = await run(config, { values });
    expect(call.refused).toMatch(/\$flow\.key\.(?:a|dots|whole)/u);
    expect(call.refused).not.toContain('evil');
    expect((await run({ url: `${URL}/$flow.key.a?q=$flow.key.dots` }, { values })).call.refused).toBeUndefined();
  });

  // docs/decisions/0014-secrets-by-name.md
  it('secrets stay references in URL, query, headers and credentials', async () => {
    const { call } = await run({
      url: `${URL}/$secret.a`,
      query: [{ key: 'k', value: '$secret.b' }],
      headers: [{ key: 'X', value: 'Key $secret.c' }],
      auth: { type: 'basic', username: 'ivr', password: '$secret.d' },
    });
    expect(call.url).toEqual([`${URL}/`, { secret: 'a' }]);
    expect(call.query).toEqual([{ key: 'k', value: [{ secret: 'b' }] }]);
    expect(call.headers).toEqual([{ key: 'X', value: ['Key ', { secret: 'c' }] }]);
    expect(call.auth).toEqual({ type: 'basic', username: ['ivr'], password: [{ secret: 'd' }] });
  });

  // docs/behaviour.md#missing-values
  it('an optional row without a value is left out, the others keep their order', async () => {
    const rows = [
      { key: 'a', value: '1' },
      { key: 'b', value: 'x$flow.key.nope' },
      { key: 'c', value: '$flow.key.there', type: 'variable', mandatory: true },
    ];
    const { call } = await run({ query: rows, headers: rows }, { values: { there: 5 } });
    expect(call.query.map(({ key, value }) => [key, ...value])).toEqual([
      ['a', '1'],
      ['c', '5'],
    ]);
    expect(call.headers).toEqual(call.query);
  });

  it.each<[string, object]>([
    ['a mandatory query row', { query: [{ key: 'a', value: '$flow.key.nope', mandatory: true }] }],
    ['a mandatory header row', { headers: [{ key: 'a', value: '$flow.key.nope', mandatory: true }] }],
    ['the URL', { url: `${URL}/$flow.key.nope` }],
    ['the body', { method: 'POST', body: { type: 'text', content: '$flow.key.nope' } }],
    ['a structured body', { method: 'POST', body: { type: 'json', content: { a: ['$flow.key.nope'] } } }],
    [
      'a mandatory form field',
      { method: 'POST', body: { type: 'form', fields: [{ key: 'a', value: '$flow.key.nope', mandatory: true }] } },
    ],
    ['the credentials', { auth: { type: 'basic', username: '$flow.key.nope', password: 'x' } }],
  ])('%s without a value is INVALID_FLOW_VAR, and nothing is sent', async (_name, config) => {
    const { exit, widget, value } = await run(config);
    expect(exit).toBe('failed');
    expect(widget.of('webhook')).toEqual([]);
    expect(value('error_reason')).toBe('INVALID_FLOW_VAR');
    expect(value('response_status')).toBe('FAILED');
    expect(value('response_status_code')).toBeNull();
    expect(widget.result['error_detail']).toBe('no value for $flow.key.nope');
  });

  it('marks a request that carries masked digits', async () => {
    const { call, widget } = await run({ query: [{ key: 'pin', value: '$flow.key.pin' }] }, { masked: { pin: '4711' } });
    expect(call.masked).toBe(true);
    expect(widget.resultMasked).toBe(true);
    expect(widget.vars.snapshot().get('$flow.key.response_raw')).toEqual({ value: '***', masked: true });
    expect((await run({})).call.masked).toBeUndefined();
  });
});

describe('bodies', () => {
  const body = async (config: object, values: Record<string, Json> = {}) =>
    (await run({ method: 'POST', body: config }, { values })).call.body;
  const values = { name: 'O"Neil <&>', count: 3, ok: true, list: [1, 2] };

  it('JSON text, escaped in quotes, typed without', async () => {
    const content = '{"n":"$flow.key.name","c":$flow.key.count,"l":$flow.key.list,"t":"$flow.key.count"}';
    expect(await body({ type: 'json', content }, values)).toEqual({
      contentType: 'application/json; charset=utf-8',
      text: '{"n":"O\\"Neil <&>","c":3,"l":[1,2],"t":"3"}',
    });
  });

  it('JSON written as JSON', async () => {
    const content = {
      n: '$flow.key.name',
      c: '$flow.key.count',
      nested: ['Dear $flow.key.name', '$flow.key.ok', 1, null, false],
    };
    const text = (await body({ type: 'json', content }, values))?.text ?? '';
    expect(JSON.parse(text)).toEqual({ n: values.name, c: 3, nested: [`Dear ${values.name}`, true, 1, null, false] });
  });

  it('XML and HTML, escaped', async () => {
    const escaped = '<n>O&quot;Neil &lt;&amp;&gt;</n>';
    expect(await body({ type: 'xml', content: '<n>$flow.key.name</n>' }, values)).toMatchObject({
      contentType: 'application/xml; charset=utf-8',
      text: escaped,
    });
    expect(await body({ type: 'html', content: '<n>$flow.key.name</n>' }, values)).toMatchObject({
      contentType: 'text/html; charset=utf-8',
      text: escaped,
    });
  });

  it('text as it is', async () => {
    expect(await body({ type: 'text', content: 'Hi $flow.key.name' }, values)).toMatchObject({
      contentType: 'text/plain; charset=utf-8',
      text: 'Hi O"Neil <&>',
    });
  });

  // docs/behaviour.md#request-bodies
  it.each(['urlencoded', 'form'])('%s fields, optional ones left out', async (type) => {
    const fields = [
      { key: 'a b', value: '$flow.key.name' },
      { key: 'x', value: '$flow.key.nope' },
      { key: 'a b', value: '2' },
    ];
    expect(await body({ type, fields }, values)).toEqual({
      contentType: 'application/x-www-form-urlencoded; charset=utf-8',
      text: 'a+b=O%22Neil+%3C%26%3E&a+b=2',
    });
  });

  it('multipart', async () => {
    expect(await body({ type: 'multipart', fields: [{ key: 'a"b', value: '$flow.key.count' }] }, values)).toEqual({
      contentType: 'multipart/form-data; boundary=uuid',
      text: '--uuid\r\nContent-Disposition: form-data; name="a%22b"\r\n\r\n3\r\n--uuid--\r\n',
    });
  });

  // docs/behaviour.md#body-with-get
  it('not with GET or HEAD, unless asked for', async () => {
    const config = { body: { type: 'text', content: 'hi' } };
    expect((await run(config)).call.body).toBeNull();
    expect((await run({ ...config, method: 'HEAD' })).call.body).toBeNull();
    expect((await run({ ...config, sendBodyWithGet: true })).call.body).toMatchObject({ text: 'hi' });
    expect((await run({ ...config, method: 'DELETE' })).call.body).toMatchObject({ text: 'hi' });
  });
});

describe('result variables', () => {
  it('on success', async () => {
    const { exit, value, widget } = await run({}, { answer: { raw: '{"a":1}' } });
    expect(exit).toBe('success');
    const names = [
      'response_status',
      'response_status_code',
      'response_status_type',
      'response_duration',
      'response_raw',
      'response_error',
      'error_reason',
    ];
    expect(names.map(value)).toEqual(['SUCCESS', 200, 'SUCCESSFUL', 0.11, '{"a":1}', false, undefined]);
    expect(widget.vars.get('$widget.w.response_status_code')).toBe(200);
  });

  it('on failure', async () => {
    const { exit, value, widget } = await run({}, { answer: noAnswer('CONNECTION_FAILURE') });
    expect(exit).toBe('failed');
    expect([
      value('response_status'),
      value('response_status_code'),
      value('response_status_type'),
      value('response_raw'),
    ]).toEqual(['FAILED', null, null, null]);
    expect([value('response_error'), value('error_reason')]).toEqual([true, 'CONNECTION_FAILURE']);
    expect(widget.result).toMatchObject({ error_reason: 'CONNECTION_FAILURE', error_detail: 'why' });
  });

  // docs/behaviour.md#stale-results
  it('an earlier run leaves nothing behind', async () => {
    const { value } = await run({}, { values: { error_reason: 'TIMEOUT', response_raw: 'old' } });
    expect(value('error_reason')).toBeUndefined();
    expect(value('response_raw')).toBe('{}');
  });

  it('what an earlier run left can still be sent: a note of why it failed is forgotten after it was written', async () => {
    const body = { type: 'json', content: { why: '$flow.key.error_reason', status: '$flow.key.code' } };
    const { call, value } = await run(
      { method: 'POST', body, saveStatusIn: '$flow.key.code' },
      { values: { error_reason: 'TIMEOUT', code: 503 }, answer: noAnswer('TIMEOUT') },
    );
    expect(JSON.stringify(call.body)).toContain('TIMEOUT');
    expect(JSON.stringify(call.body)).toContain('503');
    expect(value('code')).toBeUndefined();
  });

  // docs/behaviour.md#saved-status
  it('the status is saved, or unset when no answer came', async () => {
    const config = { saveStatusIn: '$flow.key.code' };
    expect((await run(config, { answer: statusAnswer(404, 'CLIENT_ERROR') })).value('code')).toBe(404);
    expect((await run(config, { answer: noAnswer('TIMEOUT'), values: { code: 200 } })).value('code')).toBeUndefined();
  });

  // docs/behaviour.md#persist
  it('persist', async () => {
    expect((await run({ persist: true })).widget.persisted).toBe(true);
    expect((await run({})).widget.persisted).toBe(false);
  });
});

describe('mapping', () => {
  const mapping = (row: object) => ({ mapping: [{ saveIn: '$flow.key.to', path: 'a', ...row }] });
  const found = (value: Json) => ({ answer: { mapped: [{ found: true as const, value }] } });
  const missing = { answer: { mapped: [{ found: false as const }] } };

  // docs/behaviour.md#mapping
  it.each<[object, boolean]>([
    [{}, false],
    [{ required: true }, true],
    [{ mandatory: true }, true],
    [{ mandatory: true, default: 'x' }, false],
  ])('%j asks the port for required %s', async (row, required) => {
    expect((await run(mapping(row))).call.mapping).toEqual([{ path: 'a', required }]);
  });

  it.each<[object, object]>([
    [{ header: 'X-Auth-Token' }, { header: 'X-Auth-Token', required: false }],
    [
      { header: 'X-Auth-Token', mandatory: true },
      { header: 'X-Auth-Token', required: true },
    ],
    [{ status: true }, { status: true, required: false }],
  ])('%j asks the port for %j', async (row, asked) => {
    expect((await run({ mapping: [{ saveIn: '$flow.key.to', ...row }] })).call.mapping).toEqual([asked]);
  });

  it('a header of the wrong type that is required is named', async () => {
    const row = { saveIn: '$flow.key.to', header: 'X-Count', type: 'number', required: true };
    const { exit, value } = await run({ mapping: [row] }, found('many'));
    expect([exit, value('error_reason'), value('to')]).toEqual(['failed', 'INVALID_RESPONSE_MAP', undefined]);
    expect((await run({ mapping: [row] }, found('12'))).value('to')).toBe(12);
  });

  // docs/behaviour.md#objects-and-lists, #explicit-null
  it('keeps values as they are, null too', async () => {
    expect((await run(mapping({}), found({ b: [1] }))).value('to')).toEqual({ b: [1] });
    expect((await run(mapping({}), { ...found(null), values: { to: 'old' } })).value('to')).toBeNull();
  });

  it.each<[string, Json, Json | undefined]>([
    ['number', '12.50', 12.5],
    ['number', '007', 7],
    ['number', ' ', undefined],
    ['number', 'x', undefined],
    ['number', true, undefined],
    ['boolean', 'TRUE', true],
    ['boolean', 0, false],
    ['boolean', exactNumber('1.0'), true],
    ['boolean', exactNumber('0.0'), false],
    ['boolean', exactNumber('1e400'), undefined],
    ['boolean', 'maybe', undefined],
    ['boolean', [], undefined],
    ['text', 12, '12'],
    ['text', { a: 1 }, '{"a":1}'],
    ['json', { a: 1 }, { a: 1 }],
  ])('type %s makes %j into %j', async (type, value, expected) => {
    expect((await run(mapping({ type }), found(value))).value('to')).toEqual(expected);
  });

  it('a required value of the wrong type is INVALID_RESPONSE_MAP', async () => {
    const { exit, value } = await run(mapping({ type: 'number', required: true }), found('x'));
    expect([exit, value('error_reason')]).toEqual(['failed', 'INVALID_RESPONSE_MAP']);
  });

  it('a default stands in, with variables; without one the variable stays as it was', async () => {
    expect((await run(mapping({ default: '$flow.key.other' }), { ...missing, values: { other: 9 } })).value('to')).toBe(9);
    expect((await run(mapping({ default: [1] }), missing)).value('to')).toEqual([1]);
    expect((await run(mapping({}), { ...missing, values: { to: 'old' } })).value('to')).toBe('old');
    const none = { answer: { ...noAnswer('TIMEOUT'), mapped: [{ found: false as const }] } };
    expect((await run(mapping({ default: 'x' }), none)).value('to')).toBeUndefined();
  });

  // docs/behaviour.md#mapping-of-errors
  it('maps error answers too', async () => {
    const answer = { ...statusAnswer(404, 'CLIENT_ERROR'), mapped: [{ found: true as const, value: 'gone' }] };
    const { exit, value } = await run(mapping({ required: true }), { answer, wired: ['success', '404', 'failed'] });
    expect([exit, value('to')]).toEqual(['404', 'gone']);
  });
});

// docs/behaviour.md#failed-exit, #which-exit, #status-exits
describe('exits', () => {
  const all = ['success', '404', '4xx', '5xx', '301', 'timeout', 'failed'];
  it.each<[string, Partial<WebhookAnswer>, readonly string[], string]>([
    ['the exact code first', statusAnswer(404, 'CLIENT_ERROR'), all, '404'],
    ['then the class', statusAnswer(418, 'CLIENT_ERROR'), all, '4xx'],
    ['301', statusAnswer(301, 'REDIRECTION', 'REDIRECTION'), all, '301'],
    ['no match: failed', statusAnswer(302, 'REDIRECTION', 'REDIRECTION'), all, 'failed'],
    ['401 with Basic', statusAnswer(401, 'AUTHENTICATION_FAILURE'), all, '4xx'],
    ['2xx', {}, all, 'success'],
    ['an explicit 204 wins over success', { status: 204 }, ['success', '204', 'failed'], '204'],
    ['an explicit 2xx wins over success', { status: 201 }, ['success', '2xx', 'failed'], '2xx'],
    ['a 2xx that failed is failed', { reason: 'INVALID_RESPONSE_MAP' }, ['success', '200', '2xx', 'failed'], 'failed'],
    ['TIMEOUT', noAnswer('TIMEOUT'), all, 'timeout'],
    ['CONNECTION_FAILURE', noAnswer('CONNECTION_FAILURE'), all, 'failed'],
    ['INVALID_REQUEST', noAnswer('INVALID_REQUEST'), all, 'failed'],
  ])('%s', async (_name, answer, wired, exit) => {
    expect((await run({}, { answer, wired })).exit).toBe(exit);
  });

  const exitsOf = (config: object, wired: readonly string[]) =>
    webhook.exits(webhook.config.parse({ url: URL, ...config }), wired);

  it('are the wired statuses beside success, timeout and failed', () => {
    expect(Object.keys(exitsOf({}, ['success', '5xx', '404', 'done', '6xx', '99']))).toEqual([
      '404',
      'success',
      '5xx',
      'timeout',
      'failed',
    ]);
    expect(exitsOf({}, [])).toMatchObject({ timeout: { fallback: 'failed', error: true }, failed: { error: true } });
  });

  it('statusExits must be wired', () => {
    expect(exitsOf({ statusExits: ['429'] }, [])['429']).toEqual({ summary: expect.any(String) as string });
    expect(problemsOf(webhook, { url: URL, statusExits: ['6xx'] })).toHaveLength(1);
  });

  // docs/behaviour.md#late-answers
  it('without waiting there is only success, and failed for a missing variable', () => {
    expect(Object.keys(exitsOf({ wait: false }, ['404', 'timeout']))).toEqual(['success', 'failed']);
  });
});

// docs/behaviour.md#not-waiting
describe('not waiting', () => {
  it('leaves by success at once; response_* stay empty', async () => {
    const { exit, widget, value } = await run({ wait: false, holdMusic: true }, { values: { response_raw: 'old' } });
    expect(exit).toBe('success');
    expect(widget.ops.map(({ op }) => op)).toEqual(['send']);
    expect(value('response_raw')).toBeUndefined();
    expect(value('response_status')).toBeUndefined();
  });

  it('a missing variable still fails', async () => {
    expect((await run({ wait: false, url: `${URL}/$flow.key.nope` })).exit).toBe('failed');
  });
});

// docs/behaviour.md#hold-music
describe('hold music', () => {
  it('starts with the request and stops on the answer', async () => {
    const { widget } = await run({ holdMusic: true });
    expect(widget.ops.map(({ op }) => op)).toEqual(['webhook', 'startMusic', 'stopMusic']);
    expect(widget.of('startMusic')).toEqual([{ source: 'default', startDelayMs: 0 }]);
  });

  it('can be a file or a URL', async () => {
    const file = await run({ holdMusic: { file: '$flow.key.song.mp3' } }, { values: { song: 'wait' } });
    expect(file.widget.of('startMusic')).toEqual([{ source: { kind: 'file', file: 'wait.mp3' }, startDelayMs: 0 }]);
    const url = await run({ holdMusic: { url: 'https://music.example/a.mp3' } });
    expect(url.widget.of('startMusic')).toMatchObject([{ source: { kind: 'url', url: 'https://music.example/a.mp3' } }]);
  });

  it('none unless asked for', async () => {
    expect((await run({})).widget.ops.map(({ op }) => op)).toEqual(['webhook']);
  });

  it('broken music does not fail the request', async () => {
    expect((await run({ holdMusic: true }, { script: { music: [failed('PROMPT_NOT_FOUND')] } })).exit).toBe('success');
  });

  it('music that never comes, or breaks, holds nothing up', async () => {
    for (const music of [() => new Promise<never>(() => undefined), () => Promise.reject(new Error('broken'))]) {
      const widget = new FakeWidget({ webhook: [webhookAnswer()], wired: ['success'], startMusic: music });
      expect(await webhook.run(webhook.config.parse({ url: URL, holdMusic: true }), widget.context)).toBe('success');
      expect(widget.of('stopMusic')).toHaveLength(1);
    }
  });

  it('needs the caller’s ear only when it plays', () => {
    const audio = (config: object) => (webhook.audio as (c: unknown) => boolean)(webhook.config.parse({ url: URL, ...config }));
    expect([audio({}), audio({ holdMusic: true }), audio({ holdMusic: true, wait: false })]).toEqual([false, true, false]);
  });
});

describe('the configuration', () => {
  it('names what it writes, where secrets are legal, what is no variable', () => {
    const config = webhook.config.parse({
      url: URL,
      mapping: [{ saveIn: '$flow.key.x', path: '$[0].a' }],
      saveStatusIn: '$CODE',
    });
    expect(webhook.writes?.(config)).toEqual(expect.arrayContaining(['$flow.key.response_raw', '$flow.key.x', '$CODE']));
    expect(webhook.secretFields).toContain('auth.password');
    expect(webhook.literalFields).toEqual(['mapping.*.path', 'mapping.*.header']);
    expect(webhook.prompts?.(webhook.config.parse({ url: URL, holdMusic: { file: 'a.wav' } }))).toEqual([[{ file: 'a.wav' }]]);
  });

  // docs/behaviour.md#plain-http
  it('names the addresses it goes to', () => {
    const widgets = { a: { type: 'webhook', url: 'http://x.example', holdMusic: { url: 'http://y.example/m.wav' }, exits: {} } };
    const document = { id: 'f', name: 'F', start: 'a', widgets };
    const { problems } = checkFlow(document, { widgets: widgetCatalogue, allowHttp: false });
    expect(problems.filter(({ code }) => code === 'WEBHOOK_HTTP_NOT_ALLOWED').map(({ path }) => path)).toEqual([
      '$.widgets.a.url',
      '$.widgets.a.holdMusic.url',
    ]);
  });

  it('a row of type variable holds one variable', () => {
    expect(problemsOf(webhook, { url: URL, query: [{ key: 'a', type: 'variable', value: 'x $flow.key.a' }] })).toHaveLength(1);
    expect(problemsOf(webhook, { url: URL, headers: [{ key: 'a', type: 'variable', value: '$NAME' }] })).toEqual([]);
  });

  it.each<[string, object]>([
    ['no URL', { url: '' }],
    ['a timeout above 60 s', { timeout: 61 }],
    ['a timeout below 1 s', { timeout: 0 }],
    ['half a second', { timeout: 1.5 }],
    ['6 redirects', { redirects: 6 }],
    ['2 MiB', { maxResponseBytes: 2_000_000 }],
    ['an unknown method', { method: 'TRACE' }],
    ['an unknown field', { retry: 3 }],
    ['a mapping row that reads nothing', { mapping: [{ saveIn: '$flow.key.a' }] }],
    ['a mapping row of a status that is not true', { mapping: [{ saveIn: '$flow.key.a', status: false }] }],
    ['a read-only target', { mapping: [{ saveIn: '$call.cli', path: 'a' }] }],
  ])('refuses %s', (_name, config) => {
    expect(problemsOf(webhook, { url: URL, ...config })).not.toEqual([]);
  });
});
