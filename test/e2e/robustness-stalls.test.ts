import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, it } from 'vitest';
import { answered, dial, endedStoryOf, flow, inWidget } from '../support/calls.js';
import { deadAir } from '../support/dead-air.js';
import { measured, timed } from '../support/measured.js';
import { Endpoint, Site } from '../support/site.js';
import { toneWav } from '../support/tones.js';

/*
 * What one call makes the process chew on, nobody else waits for: huge, deep and numerous answers, patterns made to explode,
 * values that grow.
 */

/** Longest any other call's flow may stand still, ms, and how often the time this machine needs to read one such answer may come on top. */
const STALL_MS = 300;
const READINGS = 5;
const MEBIBYTE = 1_048_576;
/** Calls that attack together. */
const AT_ONCE = 3;
/** How long the bystander's service takes, ms. */
const KNOCK_MS = 20;

let site: Site;
let service: Endpoint;
/** When the bystander's flow knocked. */
const knocks: number[] = [];

const deep = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);
const object = (keys: number, value: string): string =>
  `{${Array.from({ length: keys }, (_, i) => `"k${i}":"${value}"`).join(',')}}`;

const ANSWERS: Readonly<Record<string, { readonly body: string; readonly type?: string }>> = {
  'json-deep': { body: deep(500_000) },
  'json-nested-objects': { body: '{"a":'.repeat(170_000) + '1' + '}'.repeat(170_000) },
  'json-99-deep': { body: `[${Array.from({ length: 5000 }, () => deep(98)).join(',')}]` },
  'json-10000-keys': { body: object(10_000, 'x'.repeat(80)) },
  'json-10001-keys': { body: object(10_001, 'x'.repeat(80)) },
  'json-values': { body: `[${'1,'.repeat(99_000)}1]` },
  'json-one-text': { body: JSON.stringify('\u00e9"\\'.repeat(100_000)) },
  'json-escapes': { body: `"${'\\u0041'.repeat(170_000)}"` },
  'xml-flat': { body: `<a>${'<b>x</b>'.repeat(120_000)}</a>`, type: 'text/xml' },
  'xml-deep': { body: `${'<a>'.repeat(150_000)}${'</a>'.repeat(150_000)}`, type: 'text/xml' },
  'xml-attributes': { body: `<a ${Array.from({ length: 40_000 }, (_, i) => `b${i}="x"`).join(' ')}/>`, type: 'text/xml' },
  'xml-entities': { body: `<a>${'&amp;'.repeat(200_000)}</a>`, type: 'text/xml' },
  'xml-open': { body: '<a b="'.repeat(170_000), type: 'text/xml' },
  text: { body: 'a'.repeat(MEBIBYTE - 100), type: 'text/plain' },
};

beforeAll(async () => {
  service = await Endpoint.start();
  service.answer = ({ url, at }) => {
    const name = url.slice(1);
    if (name === 'knock') {
      knocks.push(at);
      return sleep(KNOCK_MS, { status: 200, body: '{}' });
    }
    if (name === 'pattern') return { status: 200, body: JSON.stringify({ text: `${'a'.repeat(16_000)}b` }) };
    return { status: 200, body: '{}', ...ANSWERS[name] };
  };
  const to = (next: string | null) => ({ success: next, failed: next });
  const lookup = (path: string, more: Record<string, unknown>) => ({
    type: 'webhook',
    url: `${service.url}/${path}`,
    maxResponseBytes: MEBIBYTE,
    ...more,
  });
  const mapping = (paths: readonly string[]) => paths.map((path, n) => ({ saveIn: `$flow.key.v${n}`, path }));
  const matches = (name: string, pattern: string) => ({
    name,
    when: { variable: '$flow.key.v0', operator: 'matches', value: pattern },
  });
  const silent = { webhook: false };
  site = await Site.start({
    prompts: { 'long.wav': toneWav(440, 60_000) },
    config: { limits: { steps: 10_000, callsPerSecond: 1000 } },
    flows: [
      flow('listen', { talk: { type: 'play', prompt: [{ file: 'long.wav' }], exits: { done: null } } }, silent),
      flow(
        'knock',
        {
          knock: lookup('knock', { exits: to('knock') }),
        },
        silent,
      ),
      ...Object.keys(ANSWERS).map((name) =>
        flow(
          name,
          {
            lookup: lookup(name, { mapping: mapping(['$', 'k9999', '[0]', 'a.b[1]', 'a.a.a.a']), exits: to('copy') }),
            copy: {
              type: 'set',
              values: [0, 1, 2].map((n) => ({ saveIn: `$flow.key.c${n}`, value: 'x$flow.key.v0' })),
              exits: { next: 'bye', failed: 'bye' },
            },
            bye: { type: 'hangup' },
          },
          silent,
        ),
      ),
      flow(
        'pattern',
        {
          lookup: lookup('pattern', { mapping: mapping(['text']), exits: to('match') }),
          match: {
            type: 'condition',
            conditions: [
              matches('a', '^(a+)+$'),
              matches('b', '^(a|a)*$'),
              matches('c', '(a*)*c'),
              matches('d', '^(([a-z])+.)+[A-Z]([a-z])+$'),
              matches('e', '(a?){30}a{30}c'),
              matches('f', '(.*)(.*)(.*)(.*)(.*)[^a]c'),
            ],
            exits: { a: 'bye', b: 'bye', c: 'bye', d: 'bye', e: 'bye', f: 'bye', default: 'bye' },
          },
          bye: { type: 'hangup' },
        },
        silent,
      ),
      flow(
        'growing',
        {
          begin: {
            type: 'set',
            values: [
              { saveIn: '$flow.key.n', value: 0 },
              { saveIn: '$flow.key.text', value: 'abcdefghijklmnop' },
            ],
            exits: { next: 'grow', failed: 'bye' },
          },
          grow: {
            type: 'set',
            values: [
              { saveIn: '$flow.key.n', expr: 'flow.key.n + 1' },
              { saveIn: '$flow.key.text', value: '$flow.key.text$flow.key.text' },
            ],
            exits: { next: 'rest', failed: 'bye' },
          },
          rest: lookup('rest', { exits: to('grow') }),
          bye: { type: 'hangup' },
        },
        silent,
      ),
    ],
  });
});

afterAll(async () => {
  await site.dispose();
  await service.close();
});

/** Longest time without a knock since then, ms. */
function longestPause(from: number): number {
  const moments = [from, ...knocks, performance.now()];
  return Math.max(...moments.slice(1).map((at, n) => at - (moments[n] ?? at)));
}

/** How long reading one answer as large as these takes on this machine, ms: the best of a few. */
function readingMs(): number {
  const text = object(10_000, 'x'.repeat(80));
  const taken = Array.from({ length: 5 }, () => {
    const from = performance.now();
    JSON.parse(text);
    return performance.now() - from;
  });
  return Math.min(...taken);
}

/** Attacks while one call listens and one knocks; what those had to bear, in words. */
async function attacked(name: string): Promise<readonly string[]> {
  const listener = await dial(site, 'listen');
  const knocker = await dial(site, 'knock');
  await answered(listener);
  await inWidget(site, listener.cli, 'talk');
  knocks.length = 0;
  const from = performance.now();
  const { awayMs } = await timed(async () => {
    const attacks = await Promise.all(Array.from({ length: AT_ONCE }, () => dial(site, name)));
    await Promise.all(attacks.map(({ phone }) => phone.result));
    await Promise.all(attacks.map(({ cli }) => endedStoryOf(site, cli)));
  });
  const pause = longestPause(from) - awayMs;
  listener.phone.hangup();
  knocker.phone.hangup();
  const { heard } = await listener.phone.result;
  await knocker.phone.result;
  const allowed = STALL_MS + READINGS * readingMs();
  return [...deadAir(heard), ...(pause < allowed ? [] : [`${Math.round(pause)} ms without a knock`])];
}

it.each([...Object.keys(ANSWERS), 'pattern', 'growing'])('%s: other calls go on, heard and served', (name) =>
  measured(name, () => attacked(name)),
);
