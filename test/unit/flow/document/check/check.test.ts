import { describe, expect, test } from 'vitest';
import { checkFlow, type CheckOptions } from '../../../../../src/flow/document/check/check.js';
import type { Json, JsonObject } from '../../../../../src/lib/json/json.js';
import { testFlow, testWidgets as widgets } from '../../../../support/flow-test-widgets.js';

const say = (text: string, next: string | null = null): JsonObject => ({
  type: 'say',
  prompt: [{ say: text }],
  exits: { done: next },
});

function problems(flow: unknown, options: Partial<CheckOptions> = {}): readonly string[] {
  return checkFlow(flow, { widgets, ...options }).problems.map(
    ({ code, severity, path }) => `${severity === 'warning' ? 'warning ' : ''}${code} ${path}`,
  );
}

function messageOf(flow: unknown, options: Partial<CheckOptions> = {}): string {
  return checkFlow(flow, { widgets, ...options })
    .problems.map(({ message, advice }) => `${message} ${advice}`)
    .join('\n');
}

const widget = (fields: JsonObject): JsonObject => testFlow({ a: fields });

describe('a sound flow', () => {
  test('is prepared: parsed configurations, defaults filled in, a version', () => {
    const { flow, problems: found } = checkFlow(testFlow({ a: say('Hello $call.cli') }), { widgets });
    expect(found).toEqual([]);
    expect(flow).toMatchObject({ id: 'test', name: 'Test', version: expect.stringMatching(/^[0-9a-f]{12}$/) as string });
    expect(flow?.widgets.get('a')).toMatchObject({
      id: 'a',
      label: null,
      onError: null,
      config: { prompt: [{ say: 'Hello $call.cli' }] },
    });
    expect(flow?.document).toMatchObject({ language: 'en-US', timeZone: 'UTC', webhook: false, onError: null });
  });

  test('has another version after any change of content, and the same without', () => {
    const version = (flow: JsonObject) => checkFlow(flow, { widgets }).flow?.version;
    expect(version(testFlow({ a: say('x') }))).toBe(version(testFlow({ a: say('x') })));
    expect(version(testFlow({ a: say('x') }))).not.toBe(version(testFlow({ a: say('y') })));
  });

  test('warnings alone do not refuse it', () => {
    const { flow, problems: found } = checkFlow(testFlow({ a: say('x'), b: say('y') }), { widgets, file: 'flows/a.json' });
    expect(flow).not.toBeNull();
    expect(found).toMatchObject([
      { code: 'FLOW_UNREACHABLE_WIDGET', severity: 'warning', path: '$.widgets.b', file: 'flows/a.json' },
    ]);
  });
});

describe('the frame', () => {
  // docs/behaviour.md#label-and-notes
  test.each<[string, unknown, readonly string[]]>([
    ['no object', 'flow', ['FLOW_INVALID $']],
    ['nothing', null, ['FLOW_INVALID $']],
    ['fields missing', { id: 'a' }, ['FLOW_INVALID $.name', 'FLOW_INVALID $.start', 'FLOW_INVALID $.widgets']],
    ['a bad id', { ...testFlow({ a: say('x') }), id: 'a b' }, ['FLOW_INVALID $.id']],
    ['an unknown field', testFlow({ a: say('x') }, { lang: 'en' }), ['FLOW_UNKNOWN_FIELD $.lang']],
    ['a bad zone', testFlow({ a: say('x') }, { timeZone: 'Europe/Atlantis' }), ['FLOW_BAD_TIME_ZONE $.timeZone']],
    ['a bad language', testFlow({ a: say('x') }, { language: 'en_US!' }), ['FLOW_BAD_LANGUAGE $.language']],
    ['the name of a language', testFlow({ a: say('x') }, { language: 'english' }), ['FLOW_BAD_LANGUAGE $.language']],
    [
      'an unknown start',
      testFlow({ a: say('x') }, { start: 'b' }),
      ['FLOW_UNKNOWN_TARGET $.start', 'warning FLOW_UNREACHABLE_WIDGET $.widgets.a'],
    ],
    ['too long notes', widget({ ...say('x'), notes: 'x'.repeat(1001) }), ['FLOW_INVALID $.widgets.a.notes']],
    ['an exit that is no text', widget({ ...say('x'), exits: { done: 7 } }), ['FLOW_INVALID $.widgets.a.exits.done']],
  ])('%s', (_what, flow, expected) => {
    expect(problems(flow)).toEqual(expected);
    expect(checkFlow(flow, { widgets }).flow).toBeNull();
  });

  // docs/behaviour.md#report-switch
  test('the report wants a default webhook', () => {
    const flow = testFlow({ a: say('x') }, { webhook: true });
    expect(problems(flow, { hasDefaultWebhook: false })).toEqual(['FLOW_NO_DEFAULT_WEBHOOK $.webhook']);
    expect(problems(flow, { hasDefaultWebhook: true })).toEqual([]);
    expect(problems(flow)).toEqual([]);
  });
});

describe('bounds', () => {
  test('documents that would exhaust the checker are refused: too deep, circular, too many widgets', () => {
    let deep: Json = 1;
    for (let level = 0; level < 20_000; level++) deep = [deep];
    expect(problems(testFlow({ a: say('x') }, { variables: { deep } }))).toEqual(['FLOW_INVALID $']);
    const circle: Record<string, unknown> = { ...testFlow({ a: say('x') }) };
    circle['variables'] = { circle };
    expect(problems(circle)).toEqual(['FLOW_INVALID $']);
    const many = Object.fromEntries(Array.from({ length: 2001 }, (_, n) => [`w${n}`, say('x')]));
    expect(problems(testFlow(many))).toEqual(['FLOW_INVALID $.widgets']);
  });

  test('a long chain of widgets that do not wait, and thousands of wrong ids, are no trouble', () => {
    const next = (n: number) => ({
      type: 'assign',
      set: '$flow.key.a',
      to: '1',
      exits: { next: n === 1999 ? null : `w${n + 1}` },
    });
    expect(problems(testFlow(Object.fromEntries(Array.from({ length: 2000 }, (_, n) => [`w${n}`, next(n)]))))).toEqual([]);
    const wrong = (n: number) => ({ ...say('x'), exits: { done: `${'y'.repeat(50)}${n}` } });
    const ids = Array.from({ length: 2000 }, (_, n) => [`${'x'.repeat(50)}${n}`, wrong(n)] as const);
    expect(problems(testFlow(Object.fromEntries(ids))).length).toBeGreaterThan(2000);
  });
});

describe('widgets', () => {
  test('an unknown type, with the one that was meant', () => {
    expect(problems(widget({ ...say('x'), type: 'sya' }))).toEqual(['FLOW_UNKNOWN_WIDGET_TYPE $.widgets.a.type']);
    expect(messageOf(widget({ ...say('x'), type: 'sya' }))).toContain("Did you mean 'say'?");
  });

  test('every field that is wrong, missing or unknown, with its path', () => {
    const flow = testFlow({
      a: {
        type: 'ask',
        prompt: [{ say: 'x', langauge: 'en' }],
        saveInn: '$flow.key.a',
        max: 'four',
        exits: { collected: null, noInput: null },
      },
    });
    expect(problems(flow)).toEqual([
      'FLOW_UNKNOWN_FIELD $.widgets.a.prompt[0].langauge',
      'FLOW_INVALID $.widgets.a.saveIn',
      'FLOW_INVALID $.widgets.a.max',
      'FLOW_UNKNOWN_FIELD $.widgets.a.saveInn',
    ]);
    const message = messageOf(flow);
    expect(message).toContain("There is no field 'langauge' here. Did you mean 'language'?");
    expect(message).toContain("There is no field 'saveInn' here. Did you mean 'saveIn'?");
    expect(message).toContain("The field 'saveIn' is missing.");
  });

  test('problems of all widgets are found at once', () => {
    const found = problems(testFlow({ a: { type: 'nope' }, b: { type: 'say' } }));
    expect(found).toContain('FLOW_UNKNOWN_WIDGET_TYPE $.widgets.a.type');
    expect(found).toContain('FLOW_INVALID $.widgets.b.prompt');
  });
});

describe('exits', () => {
  test('an exit must exist, and a plain one must lead somewhere', () => {
    const flow = widget({ ...say('x'), exits: { dnoe: null } });
    expect(problems(flow)).toEqual(['FLOW_UNKNOWN_EXIT $.widgets.a.exits.dnoe', 'FLOW_UNWIRED_EXIT $.widgets.a.exits']);
    expect(messageOf(flow)).toContain("Did you mean 'done'?");
  });

  test('exits that fall back and error exits need no wire', () => {
    const ask = { type: 'ask', prompt: [{ say: 'x' }], saveIn: '$flow.key.a', exits: { collected: null, noInput: null } };
    expect(problems(widget(ask))).toEqual([]);
  });

  test('a widget that ends the flow has no exits', () => {
    expect(problems(widget({ type: 'hangup', exits: { done: null } }))).toEqual(['FLOW_UNKNOWN_EXIT $.widgets.a.exits.done']);
  });

  test('every id must be a widget', () => {
    const flow = testFlow(
      { first: { ...say('x', 'secnd'), onError: 'nope' }, second: say('y') },
      { onError: 'none', onFlowComplete: 'no' },
    );
    expect(problems(flow)).toEqual([
      'FLOW_UNKNOWN_TARGET $.onFlowComplete',
      'FLOW_UNKNOWN_TARGET $.onError',
      'FLOW_UNKNOWN_TARGET $.widgets.first.onError',
      'FLOW_UNKNOWN_TARGET $.widgets.first.exits.done',
      'warning FLOW_UNREACHABLE_WIDGET $.widgets.second',
    ]);
    expect(messageOf(flow)).toContain("Did you mean 'second'?");
  });
});

describe('circles', () => {
  const set = (next: string): JsonObject => ({ type: 'assign', set: '$flow.key.a', to: '1', exits: { next } });

  test('a circle in which nothing waits is refused, once', () => {
    expect(problems(testFlow({ a: set('b'), b: set('c'), c: set('b') }))).toEqual(['FLOW_ENDLESS_CYCLE $.widgets.b']);
    expect(messageOf(testFlow({ a: set('a') }))).toContain('a → a');
  });

  test('a circle with a waiting widget is fine', () => {
    expect(problems(testFlow({ a: set('b'), b: say('again?', 'a') }))).toEqual([]);
  });
});

describe('anchors', () => {
  const hook = { type: 'hook', url: 'https://x.example', music: false, exits: { success: null } };

  test('no audio after the call', () => {
    const flow = testFlow({ a: say('x'), h: { ...hook, onError: 'late' }, late: say('too late') }, { onFlowComplete: 'h' });
    expect(problems(flow)).toEqual(['FLOW_AUDIO_IN_ANCHOR $.widgets.late']);
  });

  test('a branch without audio is fine, and the flow’s onError may speak: the caller is still there', () => {
    expect(problems(testFlow({ a: say('x'), h: hook, e: say('sorry') }, { onRemoteHangup: 'h', onError: 'e' }))).toEqual([]);
  });
});

describe('variables', () => {
  const speak = (text: string, fields: Readonly<Record<string, Json>> = {}): JsonObject => testFlow({ a: say(text) }, fields);

  // docs/behaviour.md#variables-in-text
  test('undeclared is an error; declared by `variables`, by a widget or by the platform is not', () => {
    expect(problems(speak('$flow.key.x $NAME'))).toEqual([
      'FLOW_UNDECLARED_VARIABLE $.widgets.a.prompt[0].say',
      'FLOW_UNDECLARED_VARIABLE $.widgets.a.prompt[0].say',
    ]);
    expect(problems(speak('$flow.key.x $NAME', { variables: { x: null, NAME: 'n' } }))).toEqual([]);
    expect(problems(speak('$user.key.lang $call.cli $call.sipheader.X-A $sys.date $INPUT $widget.a.status'))).toEqual([]);
    const written = testFlow({ a: { type: 'assign', set: '$flow.key.x', to: '1', exits: { next: 'b' } }, b: say('$flow.key.x') });
    expect(problems(written)).toEqual([]);
    expect(messageOf(speak('$flow.key.ordr', { variables: { order: '' } }))).toContain("Did you mean '$flow.key.order'?");
  });

  test.each(['$call.clii', '$sys.dat', '$widget.b.status', '$flow.kee.x', '$loop.item'])('%s does not exist', (text) => {
    expect(problems(speak(text))).toEqual(['FLOW_UNKNOWN_VARIABLE $.widgets.a.prompt[0].say']);
  });

  test('a dollar that may be meant as it stands is a warning', () => {
    expect(problems(speak('100 $us'))).toEqual(['warning FLOW_UNKNOWN_VARIABLE $.widgets.a.prompt[0].say']);
    expect(problems(speak('$5 and $$call'))).toEqual([]);
  });

  test('what cannot be written', () => {
    const assign = (set: string) => widget({ type: 'assign', set, to: '1', exits: { next: null } });
    expect(problems(assign('$call.cli'))).toEqual(['FLOW_READ_ONLY_VARIABLE $.widgets.a']);
    expect(messageOf(assign('order'))).toContain('`$flow.key.order`');
    expect(problems(speak('x', { variables: { INPUT: '', constructor: 1 } }))).toEqual([
      'FLOW_READ_ONLY_VARIABLE $.variables.INPUT',
      'FLOW_READ_ONLY_VARIABLE $.variables.constructor',
    ]);
  });

  test('texts that are no templates are left alone: literal fields, label, notes', () => {
    const hook = {
      type: 'hook',
      url: 'https://x.example',
      path: '$flow.kee[0]',
      label: '$nope.x',
      notes: '$flow.key.none',
      exits: { success: null },
    };
    expect(problems(widget(hook))).toEqual([]);
  });

  // docs/decisions/0014-secrets-by-name.md
  test('secrets only in the fields a widget names, and only configured ones', () => {
    expect(problems(speak('$secret.shop'))).toEqual(['FLOW_SECRET_MISPLACED $.widgets.a.prompt[0].say']);
    const hook = widget({
      type: 'hook',
      url: 'https://x.example/$secret.shop',
      body: '"$secret.shop"',
      exits: { success: null },
    });
    expect(problems(hook)).toEqual(['FLOW_SECRET_MISPLACED $.widgets.a.body']);
    const url = widget({ type: 'hook', url: 'https://x.example/$secret.shp', exits: { success: null } });
    expect(problems(url, { secrets: (name) => name === 'shop' })).toEqual(['warning FLOW_UNKNOWN_SECRET $.widgets.a.url']);
  });
});

// docs/behaviour.md#plain-http
describe('plain http', () => {
  const hook = (url: string): JsonObject => widget({ type: 'hook', url, exits: { success: null } });
  test('is refused where the site does not allow it', () => {
    for (const url of ['http://x.example/a', ' HTTP://x.example/$flow.key.none2'])
      expect(problems(hook(url), { allowHttp: false })).toContain('WEBHOOK_HTTP_NOT_ALLOWED $.widgets.a.url');
    expect(problems(hook('http://x.example/a'), { allowHttp: true })).toEqual([]);
    expect(problems(hook('http://x.example/a'))).toEqual([]);
  });

  test.each([
    ['x.example/a', 'FLOW_BAD_URL'],
    ['ftp://x.example/$call.cli', 'FLOW_BAD_URL'],
    ['https:/x.example/$call.cli', 'FLOW_BAD_URL'],
    ['https://', 'FLOW_BAD_URL'],
    ['https://a:b@x.example', 'FLOW_BAD_URL'],
  ])('an address that cannot be called is refused: %s', (url, code) => {
    expect(problems(hook(url))).toContain(`${code} $.widgets.a.url`);
  });

  test('an address that the site refuses is a warning, as far as it is known before the call', () => {
    const requests = {
      url: (url: string) => (url.includes('//inside') ? 'inside' : null),
      header: () => null,
      path: () => null,
    };
    for (const url of ['https://inside', 'https://inside/$call.cli'])
      expect(problems(hook(url), { requests })).toEqual(['warning FLOW_URL_REFUSED $.widgets.a.url']);
    expect(problems(hook('https://x.example/'), { requests })).toEqual([]);
  });

  test.each([
    'https://$call.cli/',
    'https://inside$call.cli/',
    'https://x.example$call.sipheader.X-A/h',
    'https://x.example:$call.cli/',
    'https://$call.cli@x.example/',
    'https:///$call.cli/',
    'https:\\\\$call.cli/',
    'http$call.cli',
    'https:$call.cli',
    'https://x.example$call.cli',
    '$secret.base$call.cli/x',
    '$call.recordingurl$call.cli',
  ])('a variable in scheme, user, host or port is told: %s', (url) => {
    expect(problems(hook(url))).toContain('warning FLOW_URL_VARIABLE $.widgets.a.url');
  });

  test.each([
    'https://x.example/$call.cli',
    'https://x.example?q=$call.cli',
    '$secret.base/$call.cli',
    'https://$secret.host/$call.cli',
    'https://x.example/a$call.cli.json?b=$call.did#$call.cli',
    '$call.recordingurl',
    '$RECORDING_LINK',
  ])('a variable behind the host is not: %s', (url) => {
    expect(problems(hook(url))).toEqual([]);
  });

  test('a SIP header that the site does not read is told, whatever its case; X-* always have a place', () => {
    const sipHeader = (name: string) => /^x-/i.test(name) || name.toLowerCase() === 'diversion';
    const reading = (name: string) =>
      widget({ type: 'hook', url: `https://x.example/$call.sipheader.${name}`, exits: { success: null } });
    for (const name of ['X-Any', 'Diversion', 'diversion']) expect(problems(reading(name), { sipHeader })).toEqual([]);
    expect(problems(reading('Subject'), { sipHeader })).toEqual(['warning FLOW_SIP_HEADER $.widgets.a.url']);
    expect(problems(reading('Subject'))).toEqual([]);
  });

  test('a variable that is the whole beginning is told unless the site lists it, or the flow alone gives it its value', () => {
    const rules = { url: () => null, header: () => null, path: () => null };
    const requests = { ...rules, urlVariable: (name: string) => name === '$flow.key.base' };
    const told = ['warning FLOW_URL_VARIABLE $.widgets.a.url'];
    const declared = { base: '', other: 'https://x.example' };
    const found = (url: string, more: object = {}) =>
      problems({ ...widget({ type: 'hook', url, exits: { success: null }, ...more }), variables: declared }, { requests });
    expect(found('$flow.key.base/x')).toEqual([]);
    expect(found('$flow.key.other/x')).toEqual([]);
    expect(found('$call.cli/x')).toEqual(told);
    expect(found('$call.sipheader.X-Url')).toEqual(told);
    expect(found('$flow.key.other/x', { saveIn: '$flow.key.other' })).toEqual(told);
    // Without a site nobody knows what it lists.
    expect(problems({ ...hook('$call.cli/x') }, { requests: rules })).toEqual([]);
  });

  test('is left to the request where a variable decides, or where a text is no address', () => {
    expect(problems(hook('$call.cli'), { allowHttp: false })).toEqual([]);
    expect(problems(hook('https://x.example/?next=http://y.example'), { allowHttp: false })).toEqual([]);
    expect(problems(testFlow({ a: say('http://x.example') }), { allowHttp: false })).toEqual([]);
  });
});

describe('expressions', () => {
  const branch = (when: string, fields: Readonly<Record<string, Json>> = {}): JsonObject =>
    testFlow({ a: { type: 'branch', when, exits: { yes: null, no: null } } }, fields);

  test('are parsed and type-checked, and their variables must exist', () => {
    expect(problems(branch('flow.key.x > 1 && call.cli != ""', { variables: { x: 1 } }))).toEqual([]);
    expect(problems(branch('flow.key.x >'))).toEqual(['FLOW_BAD_EXPRESSION $.widgets.a.when']);
    expect(problems(branch('"a" > 1'))).toEqual(['FLOW_BAD_EXPRESSION $.widgets.a.when']);
    expect(problems(branch('flow.key.x == 1'))).toEqual(['FLOW_UNDECLARED_VARIABLE $.widgets.a.when']);
    expect(problems(branch('call.nope == 1 || flow.kee.x == 2'))).toEqual([
      'FLOW_BAD_EXPRESSION $.widgets.a.when',
      'FLOW_UNKNOWN_VARIABLE $.widgets.a.when',
    ]);
    expect(messageOf(branch('$flow.key.x == 1'))).toContain('without `$`');
  });
});

// docs/behaviour.md#integration-life, #linked-flows
describe('the integration a flow names', () => {
  const known: Readonly<Record<string, boolean>> = { orders: true, stopped: false };
  const integrations = (id: string): boolean | null => known[id] ?? null;
  const naming = (integration: string): JsonObject => testFlow({ a: say('hello') }, { integration });

  test('must exist and be active, else it is told; a call is taken all the same', () => {
    expect(problems(naming('orders'), { integrations })).toEqual([]);
    expect(problems(naming('stopped'), { integrations })).toEqual(['warning FLOW_INTEGRATION_INACTIVE $.integration']);
    expect(problems(naming('none'), { integrations })).toEqual(['warning FLOW_INTEGRATION_UNKNOWN $.integration']);
    expect(problems(naming('none'))).toEqual([]);
  });
});
