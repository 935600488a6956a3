import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { MAX_VALUE_CHARS, MAX_VARIABLES } from '../../../../src/flow/variables/store.js';
import { RunVariables, type VariableChange } from '../../../../src/flow/engine/run-variables.js';
import type { Json } from '../../../../src/lib/json/json.js';

let vars: RunVariables;
let changes: VariableChange[];
let facts: Record<string, Json>;

beforeEach(() => {
  changes = [];
  facts = { cli: '+15551230001', did: '100', uuid: 'u-1', start: '2026-03-01T00:00:00.000Z', 'sipheader.X-Id': 'h' };
  vars = new RunVariables({
    flow: { id: 'shop', name: 'Shop', version: 'abc', language: 'en-GB', timeZone: 'Asia/Kolkata' },
    fact: (name) => facts[name],
    now: () => Date.UTC(2026, 2, 1, 3, 35, 7, 80),
    uuid: () => 'new-uuid',
    changed: (change) => changes.push(change),
  });
});

describe('text', () => {
  // docs/behaviour.md#objects-and-lists
  test('puts in values as text; objects as compact JSON', () => {
    vars.set('$flow.key.a', 'x');
    vars.set('$flow.key.n', 12.5);
    vars.set('$flow.key.t', true);
    vars.set('$flow.key.o', { b: [1, null] });
    expect(vars.text('$flow.key.a $flow.key.n $flow.key.t $flow.key.o $$')).toEqual({
      value: 'x 12.5 true {"b":[1,null]} $',
      missing: [],
      masked: false,
    });
  });

  // docs/behaviour.md#variables-in-text
  test('names tokens without a value and puts nothing in their place', () => {
    vars.set('$flow.key.null', null);
    expect(vars.text('[$flow.key.a][$flow.key.null][$PARAM]')).toEqual({
      value: '[][][]',
      missing: ['$flow.key.a', '$flow.key.null', '$PARAM'],
      masked: false,
    });
  });

  test('does not scan values again', () => {
    vars.set('$flow.key.a', '$call.cli $$');
    expect(vars.text('$flow.key.a').value).toBe('$call.cli $$');
  });

  test('tells when a masked value went in', () => {
    vars.set('$flow.key.pin', '1234', { masked: true });
    expect(vars.text('no')).toMatchObject({ masked: false });
    expect(vars.text('is $flow.key.pin')).toEqual({ value: 'is 1234', missing: [], masked: true });
    expect(vars.typed('$flow.key.pin').masked).toBe(true);
    expect(vars.segments([{ say: '$flow.key.pin' }])).toMatchObject({ value: [{ private: true }], masked: true });
  });
});

// docs/behaviour.md#escaping
describe('escaping', () => {
  test('JSON: escaped inside quotes, typed outside', () => {
    vars.set('$flow.key.s', 'a "quoted" \\ line\n');
    vars.set('$flow.key.n', 5);
    vars.set('$flow.key.o', { k: 'v' });
    vars.set('$flow.key.z', null);
    const body = '{"s":"$flow.key.s","typed":$flow.key.s,"n":$flow.key.n,"o":$flow.key.o,"in":"$flow.key.o","z":$flow.key.z}';
    const resolved = vars.text(body, 'json');
    expect(JSON.parse(resolved.value)).toEqual({
      s: 'a "quoted" \\ line\n',
      typed: 'a "quoted" \\ line\n',
      n: 5,
      o: { k: 'v' },
      in: '{"k":"v"}',
      z: null,
    });
    expect(resolved.missing).toEqual([]);
    expect(JSON.parse(vars.text('{"a":$flow.key.unset,"b":"$flow.key.unset"}', 'json').value)).toEqual({ a: null, b: '' });
  });

  test('JSON: any text survives, also after escaped quotes in the template', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        vars.set('$flow.key.s', text);
        const parsed = JSON.parse(vars.text('{"\\"k\\\\":"<$flow.key.s>","t":$flow.key.s}', 'json').value) as object;
        expect(parsed).toEqual({ '"k\\': `<${text}>`, t: text });
      }),
    );
  });

  test('URL: encoded once, except a variable that begins the URL', () => {
    vars.set('$flow.key.q', "a b/c?d=é&100%!'");
    vars.set('$flow.key.base', 'https://shop.example/v1');
    expect(vars.text('https://x.example/$flow.key.q?q=$flow.key.q', 'url').value).toBe(
      'https://x.example/a%20b%2Fc%3Fd%3D%C3%A9%26100%25%21%27?q=a%20b%2Fc%3Fd%3D%C3%A9%26100%25%21%27',
    );
    expect(vars.text('$flow.key.base/$flow.key.q', 'url').value).toMatch(/^https:\/\/shop\.example\/v1\/a%20b/);
  });

  test('form and XML', () => {
    vars.set('$flow.key.s', `a b&c=<'"é>\u0001`);
    expect(new URLSearchParams(vars.text('k=$flow.key.s&l=1', 'form').value).get('k')).toBe(`a b&c=<'"é>\u0001`);
    expect(vars.text('<x>$flow.key.s</x>', 'xml').value).toBe('<x>a b&amp;c=&lt;&apos;&quot;é&gt;</x>');
  });

  test('a lone surrogate never breaks an encoding', () => {
    vars.set('$flow.key.s', '\uD800');
    for (const mode of ['url', 'form', 'xml', 'json'] as const) expect(() => vars.text('x$flow.key.s', mode)).not.toThrow();
  });
});

// docs/decisions/0014-secrets-by-name.md
describe('secrets', () => {
  test('stay references, and only in secretText', () => {
    expect(vars.secretText('Bearer $secret.token for $call.did').value).toEqual(['Bearer ', { secret: 'token' }, ' for 100']);
    expect(vars.text('Bearer $secret.token')).toMatchObject({ value: 'Bearer ', missing: ['$secret.token'] });
    expect(vars.get('$secret.token')).toBeUndefined();
    expect(vars.evaluate('secret.token').ok).toBe(false);
  });
});

describe('typed', () => {
  test('one token keeps the type of its value, anything around it makes text', () => {
    vars.set('$flow.key.o', [1]);
    expect(vars.typed('$flow.key.o').value).toEqual([1]);
    expect(vars.typed(' $flow.key.o').value).toBe(' [1]');
    expect(vars.typed('$flow.key.none')).toEqual({ value: null, missing: ['$flow.key.none'], masked: false });
  });
});

describe('namespaces', () => {
  test('$call.* is read when asked, SIP headers included', () => {
    expect(vars.get('$call.cli')).toBe('+15551230001');
    expect(vars.get('$call.sipheader.X-Id')).toBe('h');
    facts['cli'] = 'other';
    expect(vars.get('$call.cli')).toBe('other');
  });

  test('$sys.* is in the zone of the flow, with 3 fraction digits', () => {
    expect(vars.text('$sys.datetime|$sys.date|$sys.time|$sys.weekday|$sys.timestamp|$sys.timezone|$sys.language').value).toBe(
      '2026-03-01T09:05:07.080+05:30|2026-03-01|09:05:07|7|1772336107|Asia/Kolkata|en-GB',
    );
    expect(vars.text('$sys.flowid $sys.flowname $sys.flowversion $sys.uuid').value).toBe('shop Shop abc new-uuid');
  });

  test('system parameters stand for their $call values', () => {
    expect(vars.text('$CALLER_PHONE_NUMBER $AGENT_PHONE_NUMBER $SESSION_ID $CONVERSATION_ID $AGENT_ID').value).toBe(
      '+15551230001 100 u-1 u-1 shop',
    );
    vars.set('$flow.key.response_status_code', 404);
    expect(vars.get('$STATUS_CODE')).toBe(404);
  });

  test('$call.dtmf and $INPUT are the last digits, masked as they were keyed in', () => {
    facts['dtmf'] = 'old';
    expect(vars.get('$INPUT')).toBe('old');
    vars.setDigits('42', true);
    expect(vars.text('$call.dtmf')).toEqual({ value: '42', missing: [], masked: true });
  });

  // docs/behaviour.md#results-by-widget
  test('$widget.<id>.* is the last result of that widget', () => {
    vars.setResult('look-up', { status: 200 }, false);
    vars.setResult('pin', { digits: '9' }, true);
    expect(vars.typed('$widget.look-up.status').value).toBe(200);
    expect(vars.text('$widget.pin.digits').masked).toBe(true);
    expect(vars.get('$widget.look-up.toString')).toBeUndefined();
  });

  test('keeps what is long in a result only for a flow that reads it there', () => {
    const sources = {
      flow: { id: 'f', name: 'F', version: '1', language: 'en', timeZone: 'UTC' },
      fact: () => undefined,
      now: () => 0,
    };
    const reads = (widget: string, field: string): boolean => widget === 'a' && field === 'raw';
    const careful = new RunVariables({ ...sources, uuid: () => '', changed: () => undefined, reads });
    const raw = 'x'.repeat(20_000);
    for (const widget of ['a', 'b']) careful.setResult(widget, { raw, other: raw, status: 200 }, false);
    const names = ['a', 'b'].flatMap((widget) => ['raw', 'other', 'status'].map((field) => `$widget.${widget}.${field}`));
    expect(names.filter((name) => careful.get(name) !== undefined)).toEqual([
      '$widget.a.raw',
      '$widget.a.status',
      '$widget.b.status',
    ]);
  });

  test.each([
    '$call.cli',
    '$sys.date',
    '$widget.a.b',
    '$secret.x',
    '$INPUT',
    'order',
    '$flow.key.__proto__',
    '$flow.key.{constructor}',
  ])('%s cannot be written', (name) => {
    expect(() => vars.set(name, 1)).toThrow(expect.objectContaining({ code: 'FLOW_READ_ONLY' }) as Error);
    expect(changes).toEqual([]);
  });

  test('every change is told, in order; clearing what has no value is none', () => {
    vars.set('$flow.key.a', 1);
    vars.clear('$flow.key.b');
    vars.clear('$flow.key.a');
    expect(changes.map(({ kind }) => kind)).toEqual(['set', 'clear']);
    expect(vars.get('$flow.key.a')).toBeUndefined();
  });

  test('names of objects’ own machinery reach nothing', () => {
    for (const name of ['toString', 'hasOwnProperty', 'valueOf']) {
      expect(vars.get(`$flow.key.${name}`)).toBeUndefined();
      expect(vars.evaluate(`flow.key.${name}`)).toMatchObject({ value: { value: null } });
    }
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});

describe('limits', () => {
  test('a value that is too large or too deep is refused and the old one stays', () => {
    vars.set('$flow.key.a', 'old');
    const tooLarge = expect.objectContaining({ code: 'FLOW_VALUE_TOO_LARGE' }) as Error;
    expect(() => vars.set('$flow.key.a', 'x'.repeat(MAX_VALUE_CHARS + 1))).toThrow(tooLarge);
    const deep = JSON.parse(`${'['.repeat(5000)}${']'.repeat(5000)}`) as Json;
    expect(() => vars.set('$flow.key.a', deep)).toThrow(tooLarge);
    expect(vars.get('$flow.key.a')).toBe('old');
  });

  test('a call holds so many variables and characters, and clearing makes room', () => {
    for (let n = 0; n < MAX_VARIABLES; n++) vars.set(`$flow.key.v${n}`, n);
    expect(() => vars.set('$flow.key.more', 1)).toThrow();
    vars.clear('$flow.key.v0');
    vars.set('$flow.key.more', 1);
    for (let n = 1; n < 4; n++) vars.set(`$flow.key.v${n}`, 'x'.repeat(MAX_VALUE_CHARS));
    expect(() => vars.set('$flow.key.v5', 'x'.repeat(MAX_VALUE_CHARS))).toThrow();
  });

  test('a text that grows without end is refused', () => {
    vars.set('$flow.key.a', 'x'.repeat(MAX_VALUE_CHARS));
    expect(() => vars.text('$flow.key.a'.repeat(5))).toThrow(expect.objectContaining({ code: 'FLOW_VALUE_TOO_LARGE' }) as Error);
  });
});
