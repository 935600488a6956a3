import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { configSchema } from '../../../../src/site/config/schema.js';

/*
 * Every bound of a setting, tried at, below and above it. The tables say the bounds a second time on purpose: a bound that is
 * changed by mistake differs from them.
 */

const SETTINGS = z.toJSONSchema(configSchema, { io: 'input', unrepresentable: 'any' }) as Node;
/** The largest whole number JavaScript holds: what a setting without a bound of its own ends at. */
const NO_BOUND = Number.MAX_SAFE_INTEGER;
const text = (length: number): string => 'x'.repeat(length);

interface Node {
  readonly default?: unknown;
  readonly type?: string;
  readonly anyOf?: readonly Node[];
  readonly items?: Node;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly propertyNames?: Node;
  readonly [keyword: string]: unknown;
}

/** Settings that only stand in one with others: those others. */
const BESIDE: Readonly<Record<string, object>> = {
  'sip.server': { host: 'edge', secret: 'x' },
  'functions.translation': { url: 'https://translate.example' },
};

/** A configuration in which a single setting has this value. */
function withSetting(path: string, value: unknown): object {
  const names = path.split('.');
  return names.reduceRight<unknown>((inner, name, depth) => {
    return { ...BESIDE[names.slice(0, depth).join('.')], [name]: inner };
  }, value) as object;
}

const takes = (path: string, value: unknown): boolean => configSchema.safeParse(withSetting(path, value)).success;

function defaultOf(path: string): unknown {
  const names = path.split('.');
  const around = names.slice(0, -1).join('.');
  const parsed = configSchema.parse(around in BESIDE ? withSetting(around, BESIDE[around]) : {});
  return names.reduce<unknown>((value, name) => (value as Record<string, unknown>)[name], parsed);
}

const NUMBERS: readonly (readonly [path: string, min: number, max: number, byDefault: number])[] = [
  ['sip.invitesPerSecondPerSource', 0, NO_BOUND, 200],
  ['sip.requestsPerSecondPerSource', 0, NO_BOUND, 200],
  ['sip.server.port', 1, 65_535, 9022],
  ['sip.t1Ms', 10, 5000, 500],
  ['media.ports.from', 1024, 65_535, 10_000],
  ['media.ports.to', 1024, 65_535, 11_999],
  ['media.workers', 0, 64, 0],
  ['media.timeoutSeconds', 0, 3600, 30],
  ['limits.calls', 1, NO_BOUND, 1000],
  ['limits.callsPerSecond', 1, NO_BOUND, 100],
  ['limits.callsPerSource', 0, NO_BOUND, 0],
  ['limits.unacknowledgedPerSource', 0, NO_BOUND, 0],
  ['limits.steps', 1, 10_000, 1000],
  ['limits.anchorSeconds', 1, 3600, 120],
  ['webhooks.maxResponseBytes', 1024, 1_048_576, 1_048_576],
  ['webhooks.maxHeaderBytes', 1024, 262_144, 16_384],
  ['webhooks.concurrencyPerHost', 1, 10_000, 1000],
  ['webhooks.breaker.failures', 0, 1000, 10],
  ['webhooks.breaker.windowSeconds', 1, 3600, 60],
  ['functions.linkDays', 0, 3650, 90],
  ['reports.timeoutSeconds', 1, 300, 10],
  ['reports.concurrencyPerHost', 1, 100, 4],
  ['reports.maxRetryAfterSeconds', 1, 604_800, 86_400],
  ['reports.recordingWaitSeconds', 0, 86_400, 60],
  ['recordings.urlHours', 1, 87_600, 168],
  ['recordings.keepDays', 0, NO_BOUND, 0],
  ['api.port', 0, 65_535, 3000],
  ['api.connectionsPerAddress', 0, 500, 100],
  ['store.keepDays', 0, NO_BOUND, 0],
  ['drainSeconds', 0, 86_400, 30],
];

describe.each(NUMBERS)('%s, a whole number from %i to %i', (path, min, max, byDefault) => {
  it.each([
    ['at the least', min, true],
    ['below it', min - 1, false],
    ['above it', min + 1, true],
    ['at the most', max, true],
    ['below it', max - 1, true],
    ['above it', max + 1, false],
    ['between two whole numbers', min + 0.5, false],
  ])('%s: %d', (_, value, taken) => {
    expect(takes(path, value)).toBe(taken);
  });

  it(`is ${byDefault} by default`, () => {
    expect(defaultOf(path)).toBe(byDefault);
  });
});

const FRACTIONS: readonly (readonly [path: string, min: number, max: number, byDefault: number])[] = [
  ['limits.callMinutes', 0.05, 1440, 60],
  ['webhooks.breaker.openSeconds', 0.1, 3600, 5],
];

describe.each(FRACTIONS)('%s, a number from %d to %d', (path, min, max, byDefault) => {
  it.each([
    ['at the least', min, true],
    ['below it', min - 0.001, false],
    ['above it', min + 0.001, true],
    ['at the most', max, true],
    ['below it', max - 0.001, true],
    ['above it', max + 0.001, false],
  ])('%s: %d', (_, value, taken) => {
    expect(takes(path, value)).toBe(taken);
  });

  it(`is ${byDefault} by default`, () => {
    expect(defaultOf(path)).toBe(byDefault);
  });
});

type Made = (size: number) => unknown;
const header = (n: number): string => `X-${n}`;
const route: Readonly<Record<'number' | 'prefix' | 'flow', Made>> = {
  number: (n) => [{ number: text(n), flow: 'a' }],
  prefix: (n) => [{ prefix: text(n), flow: 'a' }],
  flow: (n) => [{ number: '1', flow: text(n) }],
};
const list = (make: (at: number) => unknown): Made => {
  return (n) => Array.from({ length: n }, (_, at) => make(at));
};

/** Texts and lists, by characters and entries; `place` is where the bound stands in the schema. */
const SIZES: readonly (readonly [place: string, path: string, min: number, max: number, made: Made])[] = [
  ['sip.listen', 'sip.listen', 1, Infinity, list(() => 'udp://0.0.0.0:0')],
  ['sip.headers', 'sip.headers', 0, 50, list(header)],
  ['sip.headers[]', 'sip.headers', 1, 64, (n) => [text(n)]],
  ['sip.server.host', 'sip.server.host', 1, Infinity, text],
  ['sip.server.secret', 'sip.server.secret', 1, Infinity, text],
  ['sip.userAgent', 'sip.userAgent', 1, 100, text],
  ['media.codecs', 'media.codecs', 1, Infinity, list(() => 'PCMU')],
  ['speech.languages.KEY', 'speech.languages', 2, 35, (n) => ({ [text(n)]: 'espeak' })],
  ['routing.numbers[].number', 'routing.numbers', 1, 64, route.number],
  ['routing.numbers[].prefix', 'routing.numbers', 1, 64, route.prefix],
  ['routing.numbers[].flow', 'routing.numbers', 1, 64, route.flow],
  ['routing.default', 'routing.default', 1, 64, text],
  ['webhooks.urlVariables', 'webhooks.urlVariables', 0, 100, list((at) => `$v${at}`)],
  ['webhooks.urlVariables[]', 'webhooks.urlVariables', 2, 201, (n) => [`$${text(n - 1)}`]],
  ['webhooks.retryStatuses', 'webhooks.retryStatuses', 0, 100, list((at) => 400 + at)],
  ['webhooks.sign', 'webhooks.sign', 1, 64, text],
  ['functions.translation.apiKey', 'functions.translation.apiKey', 1, Infinity, text],
  ['reports.retrySeconds', 'reports.retrySeconds', 0, 30, list(() => 1)],
  ['recordings.dir', 'recordings.dir', 1, Infinity, text],
  ['api.host', 'api.host', 1, Infinity, text],
  ['api.keys[]', 'api.keys', 1, Infinity, (n) => [text(n)]],
  ['store.file', 'store.file', 1, Infinity, text],
  ['data.dir', 'data.dir', 1, Infinity, text],
  ['goodbye', 'goodbye', 1, 500, text],
];

describe.each(SIZES)('the size of %s', (_, path, min, max, made) => {
  it.each([min, min + 1, ...(max === Infinity ? [] : [max - 1, max])])('may be %i', (size) => {
    expect(takes(path, made(size))).toBe(true);
  });

  it.each([...(min === 0 ? [] : [min - 1]), ...(max === Infinity ? [] : [max + 1])])('may not be %i', (size) => {
    expect(takes(path, made(size))).toBe(false);
  });
});

/** Bounds of values in lists, and those that a further rule stands beside. */
const OTHERS: readonly (readonly [place: string, path: string, value: unknown, taken: boolean])[] = [
  ['webhooks.retryStatuses[]', 'webhooks.retryStatuses', [399], false],
  ['webhooks.retryStatuses[]', 'webhooks.retryStatuses', [400, 599], true],
  ['webhooks.retryStatuses[]', 'webhooks.retryStatuses', [600], false],
  ['reports.retrySeconds[]', 'reports.retrySeconds', [-0.1], false],
  ['reports.retrySeconds[]', 'reports.retrySeconds', [0, 604_800], true],
  ['reports.retrySeconds[]', 'reports.retrySeconds', [604_800.1], false],
  ['sip.listen[]', 'sip.listen', ['udp://0.0.0.0:65534', 'tcp://[::]:65535', 'udp://0.0.0.0:0'], true],
  ['sip.listen[]', 'sip.listen', ['udp://0.0.0.0:65536'], false],
  ['sip.listen[]', 'sip.listen', ['tcp://[::]:65536'], false],
  ['sip.listen[]', 'sip.listen', ['udp://0.0.0.0:000001'], false],
  ['goodbyeLanguage', 'goodbyeLanguage', 'e', false],
  ['goodbyeLanguage', 'goodbyeLanguage', 'en', true],
  ['goodbyeLanguage', 'goodbyeLanguage', 'en-abcdefga-abcdefgb-abcdefgc-abcde', true],
  ['goodbyeLanguage', 'goodbyeLanguage', 'en-abcdefga-abcdefgb-abcdefgc-abcdef', false],
];

it.each(OTHERS)('%s: %s of %j is taken: %s', (_, path, value, taken) => {
  expect(takes(path, value)).toBe(taken);
});

const BOUND_WORDS = ['minimum', 'maximum', 'minLength', 'maxLength', 'minItems', 'maxItems', 'pattern'];

function* boundsIn(node: Node, place: string): Generator<string> {
  for (const one of node.anyOf ?? [node]) {
    if (BOUND_WORDS.some((word) => word in one)) yield place;
    for (const [name, inner] of Object.entries(one.properties ?? {}))
      yield* boundsIn(inner, place === '' ? name : `${place}.${name}`);
    if (one.items !== undefined) yield* boundsIn(one.items, `${place}[]`);
    if (one.propertyNames !== undefined) yield* boundsIn(one.propertyNames, `${place}.KEY`);
  }
}

it('no setting has a bound that is not tried here', () => {
  const tried = [...NUMBERS, ...FRACTIONS, ...SIZES, ...OTHERS].map(([place]) => place);
  expect([...new Set(boundsIn(SETTINGS, ''))].filter((place) => !tried.includes(place))).toEqual([]);
});
