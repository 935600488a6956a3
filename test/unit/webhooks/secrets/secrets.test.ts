import { describe, expect, it } from 'vitest';
import { MASK } from '../../../../src/lib/mask.js';
import { secretParts, watchSecrets, withoutSecrets } from '../../../../src/webhooks/secrets/secrets.js';

const SECRET = 'p\u00e4ss/w+rd "<17>&';
const VALUES: Readonly<Record<string, string>> = { shop: SECRET, pin: '4711', key: 'k'.repeat(20) };

function watched(...names: readonly string[]) {
  const secrets = watchSecrets((name) => VALUES[name]);
  for (const name of names) secrets.read(name);
  return secrets;
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');

describe('what a server sends back is cleaned of a secret', () => {
  it.each([
    ['as it is', SECRET],
    ['percent-encoded', encodeURIComponent(SECRET)],
    ['as a form field', new URLSearchParams([['', SECRET]]).toString().slice(1)],
    ['in JSON', JSON.stringify(SECRET).slice(1, -1)],
    ['in JSON with escaped slashes', JSON.stringify(SECRET).slice(1, -1).replaceAll('/', '\\/')],
    ['in XML', 'p\u00e4ss/w+rd &quot;&lt;17&gt;&amp;'],
    ['in base64', base64(SECRET).replace(/=+$/u, '')],
  ])('%s', (_, spelling) => {
    expect(watched('shop').mask(`before ${spelling} after`)).toMatch(/^before \*\*\*.? after$/u);
  });

  it.each(['a', 'ab', 'abc', 'ivr-user'])('in the login of user %s', (user) => {
    const { mask } = watched('key');
    const login = mask(`Basic ${base64(`${user}:${VALUES['key'] ?? ''}`)}`);
    expect(Buffer.from(login.slice('Basic '.length), 'base64').toString('latin1')).not.toContain('kk');
  });

  it('in values however deep, keys of objects too', () => {
    const value = { [`x-${SECRET}`]: [{ echo: `Token ${SECRET}` }, 7, null, true] };
    expect(watched('shop').maskValue(value)).toEqual({ [`x-${MASK}`]: [{ echo: `Token ${MASK}` }, 7, null, true] });
  });

  it('a short one only where it is the whole value: an order number may contain it', () => {
    const { maskValue } = watched('pin');
    expect(maskValue(['4711', 4711, '34711', 'order 4711'])).toEqual([MASK, MASK, '34711', 'order 4711']);
  });

  it('but not of one that was not given out', () => {
    const { mask, maskValue } = watched('key');
    expect([mask(SECRET), maskValue(SECRET)]).toEqual([SECRET, SECRET]);
  });
});

// docs/behaviour.md#variables-in-text
describe('text from outside names no secret', () => {
  it.each(['$secret.shop', '$$secret.shop', 'a$secret.shop$secret.pin', '$$$secret.x', '$secret.', 'plain $5'])(
    '%s stays itself',
    (text) => {
      const parts = secretParts(withoutSecrets(text));
      expect(parts.map(String).join('')).toBe(text);
      expect(parts.every((part) => typeof part === 'string')).toBe(true);
    },
  );

  it('text of an author does', () => {
    expect(secretParts('a$secret.shop/$$secret.pin')).toEqual(['a', { secret: 'shop' }, '/', '$secret.pin']);
  });
});
