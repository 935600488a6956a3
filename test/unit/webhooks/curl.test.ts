import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { quote } from 'shell-quote';
import { describe, expect, it } from 'vitest';
import { checkFlow } from '../../../src/flow/document/check/check.js';
import { importCurl, type ImportedWebhook } from '../../../src/webhooks/curl/import.js';
import { shellWords } from '../../../src/webhooks/curl/words.js';
import { widgetCatalogue } from '../../../src/widgets/index.js';

function imported(command: string): ImportedWebhook {
  const made = importCurl(command);
  if (!made.ok) throw new Error(made.error);
  return made.value;
}
const widget = (command: string) => imported(command).widget;

/** Errors of the flow that holds nothing but this widget and declares what it leaves open. */
function errorsOf({ widget, variables }: ImportedWebhook): readonly string[] {
  const declared = Object.fromEntries(variables.map(({ name }) => [name.replace('$flow.key.', ''), '']));
  const flow = { id: 'f', name: 'f', start: 'w', variables: declared, widgets: { w: widget } };
  const { problems } = checkFlow(flow, { widgets: widgetCatalogue });
  return problems.filter(({ severity }) => severity === 'error').map(({ path, message }) => `${path}: ${message}`);
}

describe('the words of a command', () => {
  it.each([
    [`curl 'a b' "c \\" d" e\\ f`, ['curl', 'a b', 'c " d', 'e f']],
    [`curl \\\n  -H 'X: 1' \\\r\n  https://x`, ['curl', '-H', 'X: 1', 'https://x']],
    [`curl --data-raw $'it\\'s \\u0021 \\x41\\n\\101'`, ['curl', '--data-raw', "it's ! A\nA"]],
    [`curl https://x?a=1*  # comment`, ['curl', 'https://x?a=1*']],
    [`curl ''`, ['curl', '']],
    [`curl "$TOKEN"`, ['curl', '$TOKEN']],
    [`curl a'b'"c"`, ['curl', 'abc']],
  ])('%s', (text, words) => {
    expect(shellWords(text)).toMatchObject({ ok: true, value: { words } });
  });

  it('end where the command ends', () => {
    expect(shellWords('curl x | jq .')).toEqual({ ok: true, value: { words: ['curl', 'x'], rest: '| jq .' } });
    expect(shellWords("curl 'x").ok).toBe(false);
  });

  it('are those that bash itself sees', () => {
    const texts = ["curl 'a'\\''b' $'c\\td\\\\e' \"f\\$g\" h\\ i", "curl $'\\u00e9\\x7a' '' \"a  b\" c#d"];
    for (const text of texts) {
      const seen = execFileSync('bash', ['-c', `printf '%s\\0' ${text}`], {
        encoding: 'utf8',
        env: { LANG: 'C.UTF-8', PATH: process.env['PATH'] },
      });
      expect(shellWords(text)).toMatchObject({ value: { words: seen.split('\0').slice(0, -1) } });
    }
  });

  it('come back whole, whatever they hold', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 20 }), { minLength: 1 }), (words) => {
        const single = words.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
        expect(shellWords(single)).toEqual({ ok: true, value: { words, rest: '' } });
      }),
    );
    expect(shellWords(quote(['curl', 'a b', "it's", '$x']))).toMatchObject({ value: { words: ['curl', 'a b', "it's", '$x'] } });
  });
});

describe('a curl command becomes a webhook', () => {
  it('with JSON', () => {
    const made = imported(
      `curl -X POST https://api.shop.example/orders -H 'Content-Type: application/json' -d '{"a": {"b": "5 $"}}'`,
    );
    expect(made.widget).toEqual({
      type: 'webhook',
      method: 'POST',
      url: 'https://api.shop.example/orders',
      body: { type: 'json', content: { a: { b: '5 $$' } } },
      exits: { success: null, failed: null },
    });
    expect([made.secrets, made.warnings]).toEqual([[], []]);
  });

  it('with a form of several -d, and its fields as rows', () => {
    expect(widget(`curl https://x.example -d a=1 --data 'b=two%20words' --data-urlencode 'c=ü&'`)).toMatchObject({
      method: 'POST',
      body: {
        type: 'urlencoded',
        fields: [
          { key: 'a', value: '1' },
          { key: 'b', value: 'two words' },
          { key: 'c', value: 'ü&' },
        ],
      },
    });
  });

  it.each([
    [
      `curl https://x.example --json '{"a":1}'`,
      { method: 'POST', body: { type: 'json', content: { a: 1 } }, headers: [{ key: 'Accept', value: 'application/json' }] },
    ],
    [
      `curl -G https://x.example/s?z=0 -d q=cats -d n=5`,
      {
        method: 'GET',
        url: 'https://x.example/s',
        query: [
          { key: 'z', value: '0' },
          { key: 'q', value: 'cats' },
          { key: 'n', value: '5' },
        ],
      },
    ],
    [
      `curl -F name=Ann -F 'note=hi;type=text/plain' https://x.example`,
      {
        method: 'POST',
        body: {
          type: 'multipart',
          fields: [
            { key: 'name', value: 'Ann' },
            { key: 'note', value: 'hi' },
          ],
        },
      },
    ],
    [`curl -I https://x.example`, { method: 'HEAD' }],
    [`curl -XDELETE https://x.example/1`, { method: 'DELETE' }],
    [`curl -sSL --max-time 90 --compressed https://x.example`, { method: 'GET', redirects: 5, timeout: 60 }],
    [
      `curl --url=https://x.example -A me -e https://ref.example`,
      {
        headers: [
          { key: 'User-Agent', value: 'me' },
          { key: 'Referer', value: 'https://ref.example' },
        ],
      },
    ],
    [
      `curl https://x.example -H 'Content-Type: text/xml' -d '<a/>'`,
      { body: { type: 'xml', content: '<a/>' }, headers: [{ key: 'Content-Type', value: 'text/xml' }] },
    ],
    [`curl https://x.example --connect-timeout 3 --retry 2`, { connectTimeout: 3, retries: 2 }],
    [`$ curl x.example/path`, { url: 'https://x.example/path' }],
    [
      `curl https://x.example -d '{"id": 12345678901234567890}' -H 'content-type: application/json'`,
      { body: { type: 'json', content: '{"id": 12345678901234567890}' } },
    ],
    [
      `curl https://x.example --json '{"price": 12.50, "n": [1.0]}'`,
      { body: { type: 'json', content: '{"price": 12.50, "n": [1.0]}' } },
    ],
    [
      `curl https://x.example --json '{"text": "12.50 12345678901234567890", "price": 12.5}'`,
      { body: { type: 'json', content: { text: '12.50 12345678901234567890', price: 12.5 } } },
    ],
  ])('%s', (command, wanted) => {
    const made = imported(command);
    expect(made.widget).toMatchObject(wanted);
    expect(errorsOf(made)).toEqual([]);
  });

  it('as a browser copies it', () => {
    const made = imported(
      `curl 'https://api.shop.example/v1/orders?id=7' \\\n  -H 'accept: */*' \\\n  -H 'sec-ch-ua: "Chromium"' \\\n  -H 'cookie: session=abcdef' \\\n  -H 'content-type: application/json;charset=UTF-8' \\\n  --data-raw $'{"text":"it\\'s \\u00e9"}' \\\n  --compressed ;`,
    );
    expect(made.widget).toMatchObject({
      method: 'POST',
      query: [{ key: 'id', value: '7' }],
      headers: [
        { key: 'accept', value: '*/*' },
        { key: 'cookie', value: '$secret.shop-cookie' },
      ],
      body: { type: 'json', content: { text: "it's é" } },
    });
    expect(JSON.stringify(made)).not.toContain('abcdef');
    expect(errorsOf(made)).toEqual([]);
  });

  it.each([
    [`curl -u ivr:hush-1 https://api.shop.example`, { type: 'basic', username: 'ivr', password: '$secret.shop-password' }],
    [`curl https://ivr:hush-1@shop.example`, { type: 'basic', username: 'ivr', password: '$secret.shop-password' }],
    [
      `curl -H 'Authorization: Basic ${Buffer.from('ivr:hush-1').toString('base64')}' https://shop.example`,
      { type: 'basic', username: 'ivr', password: '$secret.shop-password' },
    ],
    [`curl -H 'Authorization: Bearer hush-1' https://shop.example`, { type: 'bearer', token: '$secret.shop-token' }],
    [`curl --oauth2-bearer hush-1 https://shop.example`, { type: 'bearer', token: '$secret.shop-token' }],
    [
      `curl -H 'X-Api-Key: hush-1' https://shop.example`,
      { type: 'apiKey', name: 'X-Api-Key', value: '$secret.shop-key', in: 'header' },
    ],
  ])('with its credentials by name: %s', (command, auth) => {
    const made = imported(command);
    expect(made.widget['auth']).toEqual(auth);
    expect(made.secrets).toHaveLength(1);
    expect(JSON.stringify(made)).not.toContain('hush-1');
    expect(errorsOf(made)).toEqual([]);
  });

  it('with other credentials by name too', () => {
    const made = imported(`curl 'https://shop.example/?api_key=hush-1&x=1' -H 'Authorization: Digest hush-2'`);
    expect(made.widget).toMatchObject({
      query: [{ key: 'api_key', value: '$secret.shop-api_key' }, { key: 'x' }],
      headers: [{ key: 'Authorization', value: '$secret.shop-authorization' }],
    });
    expect(JSON.stringify(made)).not.toMatch(/hush/u);
  });

  it('and says what it does not take over', () => {
    const { warnings } = imported(`curl -k --cert c.pem --nonsense http://x.example -d '{"a":1}' -H 'Host: y' | jq .`);
    const all = warnings.join('\n');
    for (const part of ['always checked', '--cert', '--nonsense', 'plain http', 'sent as JSON', '| jq'])
      expect(all).toContain(part);
  });

  it.each([
    [`wget https://x.example`, 'does not begin with curl'],
    [``, 'does not begin with curl'],
    [`curl -d @body.json https://x.example`, 'reads a file'],
    [`curl --data-urlencode name@file https://x.example`, 'reads a file'],
    [`curl -F 'f=@photo.png' https://x.example`, 'sends a file'],
    [`curl -b jar.txt https://x.example`, 'reads headers from a file'],
    [`curl -H @headers https://x.example`, 'reads headers from a file'],
    [`curl ftp://x.example`, 'ftp:'],
    [`curl -H`, 'no value'],
    [`curl -s`, 'names no URL'],
    [`curl 'https://x.example`, 'not closed'],
    [`curl https://x.example -H 'content-type: application/json' -d '{oops'`, 'not valid JSON'],
    [`curl -X BREW https://x.example`, 'BREW'],
    ['curl -d a=1 -F b=2 https://x.example', 'both -F and -d'],
  ])('is refused: %s', (command, why) => {
    const refused = importCurl(command);
    expect(refused.ok ? '' : refused.error).toContain(why);
  });

  it('passes the check of flows, whatever it is made of', () => {
    const word = fc.oneof(fc.string({ maxLength: 30 }), fc.string({ unit: 'grapheme', maxLength: 30 }));
    const json = fc.jsonValue({ maxDepth: 3 }).map((value) => JSON.stringify(value));
    const option = fc.oneof(
      fc
        .tuple(
          fc.constantFrom('-H', '-d', '--data-raw', '--json', '-u', '-b', '-A', '-e', '-F', '--data-urlencode', '-m', '--retry'),
          word,
        )
        .map((pair) => [...pair]),
      fc
        .tuple(
          fc.constant('-H'),
          fc.tuple(word, word).map(([name, value]) => `${name}: ${value}`),
        )
        .map((pair) => [...pair]),
      fc.tuple(fc.constant('-d'), json).map((pair) => [...pair]),
      fc.constantFrom(
        ['-G'],
        ['-L'],
        ['-k'],
        ['-I'],
        ['-H', 'Content-Type: application/json'],
        ['-H', 'Content-Type: text/plain'],
        ['-X', 'GET'],
        ['-X', 'PUT'],
      ),
    );
    let taken = 0;
    fc.assert(
      fc.property(fc.array(option, { maxLength: 6 }), fc.webUrl({ withQueryParameters: true }), (options, url) => {
        const words = ['curl', url, ...options.flat()].map((text) => `'${text.replaceAll("'", "'\\''")}'`);
        const made = importCurl(words.join(' '));
        if (!made.ok) return;
        taken++;
        expect(errorsOf(made.value)).toEqual([]);
      }),
      { numRuns: 500 },
    );
    expect(taken).toBeGreaterThan(50);
  });
});
