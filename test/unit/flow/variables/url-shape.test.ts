import { describe, expect, test } from 'vitest';
import type { Json } from '../../../../src/lib/json/json.js';
import { renderSecretText } from '../../../../src/flow/variables/template.js';
import { formatName } from '../../../../src/flow/variables/names.js';

/** Why the URL of a template is refused with these values, or null. `begin` names variables that may be its beginning. */
function refused(template: string, values: Readonly<Record<string, Json>>, begin: readonly string[] = []): string | null {
  const rendered = renderSecretText(template, 'url', (variable) => {
    const name = formatName(variable);
    return { value: values[name], masked: false, beginsUrl: begin.includes(name) };
  });
  return rendered.refused ?? null;
}

const A = '$flow.key.a';
const B = '$flow.key.b';

describe('where a request goes', () => {
  test.each([
    [`http://host${A}/h`, '.evil.example'],
    [`http://${A}/h`, 'evil.example'],
    [`http://${A}.shop.example/h`, 'evil.example/'],
    [`http://shop.example:${A}/h`, '99'],
    [`http://ivr:${A}@shop.example/h`, 'x@evil.example/'],
    [`http${A}://shop.example/h`, 's'],
    [`http:${A}`, '//evil.example'],
    [`http:///${A}/h`, 'evil.example'],
    [`http:\\\\${A}/h`, 'evil.example'],
    [`http://shop.example${A}`, ''],
    [`ht\ntp:/\t/${A}/h`, 'evil.example'],
    [` ${A}/h`, 'http://evil.example'],
    [`${A}/h`, 'http://evil.example'],
    [`$secret.base${A}/h`, '.evil.example'],
  ])('no value decides it: %s', (template, value) => {
    expect(refused(template, { [A]: value })).toContain(A);
  });

  test('a listed variable may be the whole beginning, and nothing else', () => {
    const base = { [A]: 'https://shop.example', [B]: '.evil.example' };
    expect(refused(`${A}/orders/${B}`, base, [A])).toBeNull();
    expect(refused(`${A}${B}/orders`, base, [A])).toContain(B);
    expect(refused(`https://${A}/orders`, base, [A])).toContain(A);
    expect(refused(`$flow.key.{a}orders/${B}`, { [A]: 'https://shop.example/api/', [B]: '1' }, [A])).toBeNull();
    expect(refused(A, base, [A])).toBeNull();
    expect(refused(A, base)).toContain('webhooks.urlVariables');
  });

  test('a secret may stand anywhere; what comes behind it keeps to the rules', () => {
    expect(refused(`$secret.base/orders/${A}`, { [A]: '1' })).toBeNull();
    expect(refused(`https://$secret.host:$secret.port/x/$secret.key/${A}`, { [A]: '1' })).toBeNull();
    expect(refused(`$secret.base/orders/${A}`, { [A]: '..' })).toContain('dot segment');
  });
});

describe('the segments of a path', () => {
  test.each([
    '.',
    '..',
    '%2e%2e',
    '%2E.',
    '.%252e',
    '..;',
    '..;a=b',
    '..%3Bx',
    '../secret',
    '..\\secret',
    'x/../y',
    'x%2f..%2fy',
    '%2e%2e%5cy',
    '%c0%ae%c0%ae/',
    '..%00',
    '..\u0000',
    '.\t.',
    ' .. ',
    '\uFF0E\uFF0E',
    '\u2025',
    '..\u200B',
    '.\u00AD.',
    '%f0%80%80%ae.',
    '..?x',
    '..%3Fx',
    '..#x',
    '..%2523x',
    '..%2f',
    '/..',
  ])('no value makes a dot segment: %j', (value) => {
    expect(refused(`https://shop.example/p/${A}`, { [A]: value })).toContain('dot segment');
    expect(refused(`https://shop.example/p/${A}/x`, { [A]: value })).toContain('dot segment');
    expect(refused(`https://shop.example/p/${A}?q=1`, { [A]: value })).toContain('dot segment');
  });

  test.each([
    [`${A}${B}`, '.', '.'],
    [`${A}${B}`, '%2', 'e'],
    [`.${A}`, '.', ''],
    [`%2e${A}`, '.', ''],
    [`${A};v=1`, '..', ''],
    [`${A}.`, '.', ''],
    [`%2${A}`, 'e', ''],
    [`..${A}`, '?', ''],
  ])('nor do two values, or a value beside the text, together: %s', (segment, a, b) => {
    expect(refused(`https://shop.example/p/${segment}/x`, { [A]: a, [B]: b })).toContain('dot segment');
  });

  test('an empty value takes no segment away; beside text it is nothing', () => {
    for (const url of [
      `https://x.example/p/${A}/x`,
      `https://x.example/p/${A}`,
      `https://x.example/${A}?q`,
      `https://x.example/${A}#f`,
    ])
      expect(refused(url, { [A]: '' })).toContain('empty');
    expect(refused(`https://x.example/p/a${A}/x`, { [A]: '' })).toBeNull();
  });

  test.each([
    'a/b',
    'a\\b',
    '?x',
    '#x',
    '...',
    'a..b',
    '.a',
    'a.',
    'St. Pölten',
    '1.5',
    '%',
    '%zz',
    '…',
    '漢字',
    '12;x=1',
    '{"a":"b"}',
  ])('a value stays one segment: %j', (value) => {
    expect(refused(`https://x.example/p/${A}/x`, { [A]: value })).toBeNull();
    const { value: pieces } = renderSecretText(`https://x.example/p/${A}/x`, 'url', () => ({ value, masked: false }));
    const { pathname, search, hash } = new URL(pieces.filter((piece) => typeof piece === 'string').join(''));
    expect([pathname.split('/').length, search, hash]).toEqual([4, '', '']);
  });

  test('the query takes every value', () => {
    for (const value of ['..', '', '/../', 'a&b=c#d']) expect(refused(`https://x.example/p?a=${A}`, { [A]: value })).toBeNull();
    expect(refused(`https://x.example?a=${A}`, { [A]: '..' })).toBeNull();
  });

  test('the path of a listed beginning keeps to the same rule', () => {
    expect(refused(`${A}/x`, { [A]: 'https://x.example/a/../b' }, [A])).toContain('dot segment');
    expect(refused(`${A}/x`, { [A]: 'https://x.example/a/' }, [A])).toBeNull();
  });

  test('what the author wrote is the author’s', () => {
    expect(refused(`https://x.example/a/../b//${A}`, { [A]: '1' })).toBeNull();
  });
});
