import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dial, endedStoryOf, flow, keysOf, type Delivered, type Report } from '../support/calls.js';
import { Endpoint, eventually, Site } from '../support/site.js';

/*
 * Text from outside stays text: it names no prototype, is not expanded a second time, breaks no header, URL, query or report,
 * and arrives whole where it is asked for.
 */

/** Values that mean something to somebody. */
const HOSTILE_TEXTS: readonly string[] = [
  '{{7*7}}',
  '${7*7}',
  '#{7*7}',
  '<%= 7*7 %>',
  '$flow.key.other',
  '$flow.key.{other}',
  '$user.key.other',
  '$secret.marker',
  '$call.uuid',
  '$sys.datetime',
  '$CALLER_PHONE_NUMBER',
  '$$flow.key.other',
  '$widget.learn.response_raw',
  "'; DROP TABLE calls; --",
  '" OR 1=1 --',
  "Robert'); DELETE FROM deliveries;--",
  '%s%s%s%n',
  '%00%0d%0aX-Injected: yes',
  '\\u0000\\r\\n',
  '"}],"x":{"',
  '</key><key name="x">',
  ']]><!--',
  '<script>alert(1)</script>',
  '__proto__',
  'constructor',
  'toString',
  '\u202e\u2066rtl\u2069',
  '\ud83d\ude00 \u00fc\u00df\u4f60\u597d',
  'e\u0301'.repeat(50),
  'a&b=c#d?e/f+g h',
  'x'.repeat(4096),
];

/** Not fit for a header or a URL as they are. */
const CONTROL_TEXTS: readonly string[] = [
  'a\r\nX-Injected: yes',
  'a\nX-Injected: yes',
  'a\rX-Injected: yes',
  'a\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n',
  'a\0b',
  '\u0085\u2028\u2029',
  'a\u0000',
  '\t',
  '\u001b[31m',
  '\ud800',
];

let site: Site;
let reports: Endpoint;
let service: Endpoint;
let texts: readonly string[];

/** The marker is in the environment only; it must never be seen outside of it. */
const SECRET = 's3cr3t-6f0c2b1e-injection';

const POLLUTING =
  '{"__proto__":{"polluted":"json"},"constructor":{"prototype":{"polluted":"json"}},"toString":"shadowed","hasOwnProperty":1,' +
  '"data":{"__proto__":{"polluted":"json"},"value":"fine"},"list":[{"__proto__":null}]}';
const POLLUTING_XML =
  '<root><__proto__><polluted>xml</polluted></__proto__><constructor><prototype><polluted>xml</polluted></prototype></constructor>' +
  '<toString>shadowed</toString><value __proto__="x">fine</value></root>';

beforeAll(async () => {
  [reports, service] = [await Endpoint.start(), await Endpoint.start()];
  texts = [...HOSTILE_TEXTS, ...CONTROL_TEXTS];
  service.answer = ({ url }) => {
    const [, what, index] = url.split(/[/?]/u);
    if (what === 'learn') return { status: 200, body: JSON.stringify({ text: texts[Number(index)] }) };
    if (what === 'json') return { status: 200, body: POLLUTING };
    if (what === 'xml') return { status: 200, type: 'application/xml', body: POLLUTING_XML };
    return { status: 200, body: '{"ok":true}' };
  };
  const both = (next: string | null) => ({ success: next, failed: next });
  const { url } = service;
  site = await Site.start({
    report: reports.url,
    webhook: { options: { includeUserVariables: true } },
    env: { OFFHOOK_SECRET_MARKER: SECRET },
    config: { routing: { numbers: ['texts', 'shapes', 'caller'].map((id) => ({ number: id, flow: id })), default: 'caller' } },
    flows: [
      flow(
        'texts',
        {
          learn: {
            type: 'webhook',
            url: `${url}/learn/$call.sipheader.X-Index`,
            mapping: [{ saveIn: '$flow.key.text', path: 'text', required: true }],
            exits: { success: 'copy', failed: 'bye' },
          },
          copy: {
            type: 'set',
            values: [
              { saveIn: '$flow.key.copy', value: '$flow.key.text' },
              { saveIn: '$flow.key.inside', value: '<$flow.key.text>' },
              { saveIn: '$user.key.text', value: '$flow.key.text' },
            ],
            exits: { next: 'places' },
          },
          places: {
            type: 'webhook',
            method: 'POST',
            url: `${url}/path/$flow.key.text?own=$flow.key.text`,
            query: [{ key: 'row', value: '$flow.key.text' }],
            body: { type: 'json', content: { text: '$flow.key.text', inside: '<$flow.key.text>' } },
            exits: both('json'),
          },
          json: {
            type: 'webhook',
            method: 'POST',
            url: `${url}/jsontext`,
            body: { type: 'json', content: '{"text":"$flow.key.text","bare":$flow.key.text}' },
            exits: both('xml'),
          },
          xml: {
            type: 'webhook',
            method: 'POST',
            url: `${url}/xmltext`,
            body: { type: 'xml', content: '<a b="$flow.key.text">$flow.key.text</a>' },
            exits: both('form'),
          },
          form: {
            type: 'webhook',
            method: 'POST',
            url: `${url}/form`,
            body: { type: 'form', fields: [{ key: 'text', value: '$flow.key.text' }] },
            exits: both('header'),
          },
          header: {
            type: 'webhook',
            url: `${url}/header`,
            headers: [{ key: 'X-Text', value: '$flow.key.text' }],
            exits: { success: 'bye', failed: 'refused' },
          },
          refused: { type: 'set', values: [{ saveIn: '$flow.key.refused', value: true }], exits: { next: 'bye' } },
          bye: { type: 'hangup' },
        },
        { variables: { other: 'EXPANDED' } },
      ),
      flow('shapes', {
        json: {
          type: 'webhook',
          url: `${url}/json`,
          mapping: [
            { saveIn: '$flow.key.whole', path: '$' },
            { saveIn: '$flow.key.value', path: 'data.value', required: true },
            { saveIn: '$flow.key.proto', path: 'data.__proto__.polluted' },
            { saveIn: '$flow.key.root', path: '__proto__' },
            { saveIn: '$flow.key.maker', path: 'constructor.name' },
            { saveIn: '$flow.key.method', path: 'data.toString' },
          ],
          exits: both('xml'),
        },
        xml: {
          type: 'webhook',
          url: `${url}/xml`,
          mapping: [
            { saveIn: '$flow.key.xml', path: 'root.value', required: true },
            { saveIn: '$flow.key.xmlproto', path: 'root.__proto__.polluted' },
            { saveIn: '$flow.key.xmlmaker', path: 'constructor.name' },
          ],
          exits: { success: 'bye', failed: null },
        },
        bye: { type: 'hangup' },
      }),
      flow('caller', {
        copy: {
          type: 'set',
          values: [
            { saveIn: '$flow.key.cli', value: '$call.cli' },
            { saveIn: '$flow.key.did', value: '$call.did' },
            { saveIn: '$flow.key.header', value: '$call.sipheader.X-Text' },
            { saveIn: '$user.key.seen', value: '$call.cli' },
          ],
          exits: { next: 'tell' },
        },
        tell: { type: 'webhook', url: `${url}/cli/$call.cli`, exits: both('bye') },
        bye: { type: 'hangup' },
      }),
    ],
  });
});

afterAll(async () => {
  await site.dispose();
  await Promise.all([reports.close(), service.close()]);
});

/** The report of a call by its Id; the number of the caller may be anything. */
function reportById(id: string): Promise<Delivered> {
  return eventually(`the report of call ${id}`, () => {
    const found = reports.received.find(({ body }) => (JSON.parse(body) as Report)['phonon-uuid'] === id);
    return found && { id: String(found.headers['webhook-id']), report: JSON.parse(found.body) as Report };
  });
}

/** What the service got while one call ran; calls of a text run alone. */
async function textCall(index: number) {
  const from = service.received.length;
  const { phone, cli } = await dial(site, 'texts', { headers: { 'X-Index': String(index) } });
  await phone.result;
  const { call } = await endedStoryOf(site, cli);
  const { report } = await reportById(call.id);
  const got = (path: string) => service.received.slice(from).find(({ url }) => url.startsWith(path));
  return { keys: keysOf(report), got };
}

/** What a value becomes in a URL, where a lone surrogate has no encoding; JSON carries it escaped. */
const carried = (text: string): string => text.replace(/\p{Surrogate}/gu, '\ufffd');

describe('a text of an answer', () => {
  it.each([...HOSTILE_TEXTS, ...CONTROL_TEXTS].map((text, index) => [JSON.stringify(text).slice(0, 40), index] as const))(
    '%s arrives whole everywhere, and is expanded nowhere',
    async (_, index) => {
      const text = texts[index] ?? '';
      const wire = carried(text);
      const { keys, got } = await textCall(index);
      expect(keys['$flow.key.text']).toBe(text);
      expect(keys['$flow.key.copy']).toBe(text);
      expect(keys['$flow.key.inside']).toBe(`<${text}>`);
      expect(keys['$user.key.text']).toBe(text);

      const places = got('/path/');
      const query = new URL(places?.url ?? '', 'http://x').searchParams;
      const path = decodeURIComponent(/^\/path\/([^?]*)\?/u.exec(places?.url ?? '')?.[1] ?? '');
      expect([path, query.get('own'), query.get('row')]).toEqual([wire, wire, wire]);
      expect(JSON.parse(places?.body ?? '')).toEqual({ text, inside: `<${text}>` });
      expect(JSON.parse(got('/jsontext')?.body ?? '')).toEqual({ text, bare: text });
      expect(new URLSearchParams(got('/form')?.body ?? '').get('text')).toBe(wire);
      // Exactly one element and one attribute, whatever was put in.
      expect(got('/xmltext')?.body).toMatch(/^<a b="[^<>"]*">[^<>]*<\/a>$/u);

      // The header is made to fit: control characters become a blank, what is no Latin-1 is percent-encoded.
      const value = String(got('/header')?.headers['x-text'] ?? '');
      const fitted = wire.replace(/[\0-\x08\x0a-\x1f\x7f]+/gu, ' ').replace(/^[\0-\x20\x7f]+|[\0-\x20\x7f]+$/gu, '');
      expect(/[^\0-\xff]/u.test(fitted) ? decodeURIComponent(value) : value).toBe(fitted);
      expect(got('/header')).toBeDefined();
      expect(keys['$flow.key.refused']).not.toBe(true);
      expect(service.received.filter(({ headers, url }) => 'x-injected' in headers || url === '/smuggled')).toEqual([]);
    },
  );

  it('never makes a secret or another variable appear', () => {
    const wire = JSON.stringify([service.received, reports.received]);
    expect(wire).not.toContain(SECRET);
    expect(wire).not.toContain('EXPANDED>');
  });
});

it('JSON and XML with the names of prototypes change nothing but their own values', async () => {
  const { phone, cli } = await dial(site, 'shapes');
  await phone.result;
  const { call } = await endedStoryOf(site, cli);
  const keys = keysOf((await reportById(call.id)).report);
  expect(keys['$flow.key.value']).toBe('fine');
  expect(keys['$flow.key.xml']).toBe('fine');
  for (const name of ['proto', 'root', 'method']) expect(keys[`$flow.key.${name}`], name).toBeOneOf([undefined, null]);
  expect(keys['$flow.key.maker']).toBeOneOf([undefined, null]);
  expect(keys['$flow.key.xmlmaker']).toBeOneOf([undefined, null]);
  expect((await site.get('/ready')).status).toBe(200);
});

/** User parts of the From address. */
const CALLERS: readonly (readonly [string, string | null])[] = [
  ['__proto__', '__proto__'],
  ['constructor', 'constructor'],
  ['prototype', 'prototype'],
  ['hasOwnProperty', 'hasOwnProperty'],
  ['%7B%7B7*7%7D%7D', '{{7*7}}'],
  ['$secret.marker', '$secret.marker'],
  ['$flow.key.did', '$flow.key.did'],
  ["o'brien", "o'brien"],
  ["'%3Bdrop%20table%20calls%3B--", "';drop table calls;--"],
  ['%C3%BC%E4%BD%A0%F0%9F%98%80', '\u00fc\u4f60\u{1f600}'],
  ['a%0d%0aX-Injected:%20yes', null],
  ['a%00b', null],
  ['%ff%fe', null],
  ['%', null],
  ['..%2f..%2fetc', '../../etc'],
  ['1'.repeat(4096), null],
];

describe('a caller', () => {
  it.each(CALLERS)('named %s is reported as such, or refused', async (user, name) => {
    const before = reports.received.length;
    const { phone } = await dial(site, 'caller', {
      from: `sip:${user}@127.0.0.1`,
      headers: { 'X-__proto__': 'x', 'X-Text': user },
    });
    const { status } = await phone.result;
    expect(status).not.toBeNull();
    if (status === 400 || status === 413 || status === 414) return;
    const received = await eventually('the report', () => reports.received[before]);
    const keys = keysOf(JSON.parse(received.body) as Report);
    if (name !== null) expect(keys['$flow.key.cli']).toBe(name);
    expect(keys['$user.key.seen']).toBe(keys['$flow.key.cli']);
    expect(received.body).not.toContain(SECRET);
  });

  it('of any such number is answered by the default flow', async () => {
    for (const number of ['__proto__', 'constructor', '%7B%7B7*7%7D%7D', "';--", '%C3%BC', '%ff', '1'.repeat(500), 'toString']) {
      const before = reports.received.length;
      const { phone } = await dial(site, number);
      const { status } = await phone.result;
      expect(status, number).not.toBeNull();
      if (status === 400 || status === 404 || status === 414) continue;
      await eventually('the report', () => reports.received[before]);
    }
    expect((await site.get('/ready')).status).toBe(200);
    expect(site.exitCode).toBeNull();
  });
});
