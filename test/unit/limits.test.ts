import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FailedLogins } from '../../src/api/http/failed-logins.js';
import { checkSettings } from '../../src/site/config/checks.js';
import { duplicateNames } from '../../src/site/files/json-duplicates.js';
import { configSchema } from '../../src/site/config/schema.js';
import { checkFlowText } from '../../src/site/flows/flows.js';
import { fitHeader, MAX_HEADER_VALUE } from '../../src/lib/header-value.js';
import { isLong } from '../../src/lib/json/long-value.js';
import { closestMatch } from '../../src/lib/closest-match.js';
import { isMessageId, standardKey } from '../../src/webhooks/signing/standard.js';
import { keyName } from '../../src/functions/contract/keys.js';
import { readLongUrl } from '../../src/functions/contract/long-url.js';
import { EndQueue } from '../../src/runs/end-queue.js';
import { readSite } from '../../src/site/site.js';
import { TestLimit } from '../../src/runs/test/limit.js';
import { temporaryFolder } from '../support/stores.js';
import { VirtualClock } from '../support/virtual-clock.js';

/** Limits of the small parts, each tried below, at and above it. */

const text = (length: number): string => 'x'.repeat(length);

describe.each<readonly [what: string, limit: number, taken: (size: number) => boolean]>([
  ['characters of the address behind a short link', 2048, (n) => readLongUrl(`https://a.example/${text(n - 18)}`).ok],
  ['characters of a name of a key', 128, (n) => keyName(`$flow.key.${text(n)}`) !== null],
  ['characters of the id of a signed message', 256, (n) => isMessageId(text(n))],
  ['characters of a word that is compared', 100, (n) => closestMatch(text(n), [text(n + 1)]) !== null],
  [
    'candidates a word is compared with',
    300,
    (n) => closestMatch('prot', [...Array<string>(n - 1).fill('zzzzzz'), 'port']) !== null,
  ],
  ['characters of a header', MAX_HEADER_VALUE, (n) => fitHeader(text(n)).done.length === 0],
  ['characters of a text that is not long', 16_384, (n) => !isLong(text(n))],
  ['characters of a list that is not long', 16_384, (n) => !isLong([text(n - 4)])],
  ['characters of a flow file', 2 * 1024 * 1024, (n) => !saysTooLarge(n)],
  ['bytes of a secret file', 65_536, (n) => takesSecret(n)],
  ['bytes of a Standard Webhooks key', 64, (n) => standardKey(Buffer.alloc(n, 1).toString('base64')).ok],
])('most %s: %i', (_, limit, taken) => {
  it.each([-1, 0, 1])('and %i', (more) => {
    expect(taken(limit + more)).toBe(more <= 0);
  });
});

describe.each<readonly [what: string, limit: number, taken: (size: number) => boolean]>([
  ['bytes of a Standard Webhooks key', 24, (n) => standardKey(Buffer.alloc(n, 1).toString('base64')).ok],
  ['characters of a key of the API', 16, (n) => checkSettings(configSchema.parse({ api: { keys: [text(n)] } })).length === 0],
])('fewest %s: %i', (_, limit, taken) => {
  it.each([-1, 0, 1])('and %i', (more) => {
    expect(taken(limit + more)).toBe(more >= 0);
  });
});

function saysTooLarge(chars: number): boolean {
  const check = (): never => {
    throw new Error('this text is no flow');
  };
  return JSON.stringify(checkFlowText(text(chars), 'flow.json', check).problems).includes('larger than');
}

function takesSecret(bytes: number): boolean {
  const temporary = temporaryFolder();
  try {
    writeFileSync(join(temporary.folder, 'crm'), text(bytes));
    const { problems } = readSite({ dir: temporary.folder, env: { OFFHOOK_SECRETS_DIR: temporary.folder } });
    return !JSON.stringify(problems).includes('it is larger than');
  } finally {
    temporary.remove();
  }
}

it.each([19, 20, 21])('of %i names that are there twice at most twenty are told', (count) => {
  const twice = Array.from({ length: count }, (_, i) => `"n${i}":1,"n${i}":2`).join(',');
  expect(duplicateNames(`{${twice}}`)).toHaveLength(Math.min(count, 20));
});

it('the twenty-first wrong guess of an address in a minute is one too many, and others are not counted with it', async () => {
  const guesses = new FailedLogins();
  const verdicts: boolean[] = [];
  for (let i = 0; i < 22; i++) verdicts.push(await guesses.tooMany('192.0.2.1'));
  expect(verdicts).toEqual([...Array<boolean>(20).fill(false), true, true]);
  expect(await guesses.tooMany('192.0.2.2')).toBe(false);
  guesses.close();
});

describe('test requests', () => {
  it.each([4, 5, 6])('%i at once: five run', async (count) => {
    const limit = new TestLimit(new VirtualClock());
    const runs = Array.from({ length: count }, () => limit.run(() => new Promise<string>(() => undefined)));
    const refused = await Promise.race([Promise.all(runs.slice(5)), new Promise((resolve) => setImmediate(resolve, 'none'))]);
    expect(refused).toEqual(Array<null>(Math.max(0, count - 5)).fill(null));
  });

  it('thirty in a minute, and the next when the first is a minute old', async () => {
    const clock = new VirtualClock();
    const limit = new TestLimit(clock);
    const run = (): Promise<string | null> => limit.run(() => Promise.resolve('done'));
    for (let i = 0; i < 30; i++) expect(await run()).toBe('done');
    expect(await run()).toBeNull();
    await clock.advance(59_999);
    expect(await run()).toBeNull();
    await clock.advance(1);
    expect(await run()).toBe('done');
  });
});

describe('large ends of calls', () => {
  /** How many of these sizes are made before any of them is done. */
  const madeAtOnce = async (...sizes: readonly number[]): Promise<number> => {
    const ends = new EndQueue();
    let made = 0;
    for (const size of sizes) {
      void ends.run(size, () => {
        made++;
        return new Promise<void>(() => undefined);
      });
    }
    await new Promise((resolve) => setImmediate(resolve));
    return made;
  };

  it.each([
    { sizes: [2_097_152, 65_535], made: 2 },
    { sizes: [2_097_152, 65_536], made: 1 },
    { sizes: [2_031_616, 65_536], made: 2 },
    { sizes: [2_031_617, 65_536], made: 1 },
    { sizes: [9_000_000], made: 1 },
  ])('of $sizes characters $made are made at once', async ({ sizes, made }) => {
    expect(await madeAtOnce(...sizes)).toBe(made);
  });
});
