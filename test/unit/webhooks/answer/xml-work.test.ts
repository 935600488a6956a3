import { describe, expect, it } from 'vitest';
import { queryXml } from '../../../../src/webhooks/answer/xml.js';
import { beginWork, MAX_WORK, TooMuchWork, work } from '../../../../src/webhooks/answer/xml-work.js';

/* What an XPath expression may cost: counted, never timed. */

const ask = (text: string, ...paths: string[]) => queryXml({ text, xmlPaths: 'xpath', pathRoot: 'document', paths });
const TOO_MUCH = { ok: false, error: 'the XML takes too long to search' };

const WIDE = `<a>${Array.from({ length: 9990 }, (_, i) => `<b>${i}</b>`).join('')}</a>`;
const LONG = `<a><t>${'x'.repeat(500_000)}</t>${'<b>1</b>'.repeat(4000)}</a>`;
const ATTRIBUTES = `<a>${Array.from({ length: 4900 }, (_, i) => `<b i="${i}"/>`).join('')}</a>`;

describe('an expression that makes more work than it may', () => {
  it.each([
    ['every node compared with every other', WIDE, '//b[count(//b[. != "x"]) > 20000]'],
    ['every node compared with those before it', WIDE, '//b[. = preceding::b]'],
    ['every node compared with its siblings', WIDE, '//b[count(preceding-sibling::b) = count(following-sibling::b)]'],
    ['sets compared with each other', WIDE, '//b[//b = //b[. = "y"]]'],
    ['sets put together', WIDE, '//b[count(//b | //b) = 1]'],
    ['ancestors of everything', WIDE, 'count(//b/ancestor::*/descendant::b/ancestor::*/descendant::*)'],
    ['any node of any axis', WIDE, '//node()[count(//node()) = 1]'],
    ['a long text searched for every node', LONG, '//b[contains(/a/t, "yy")]'],
    ['a long text changed for every node', LONG, '//b[translate(/a, "x", "y") = "z"]'],
    [
      'one long text many times over',
      LONG,
      `string-length(concat(${Array.from({ length: 60 }, () => '/a/t').join(',')})) + count(//b[contains(string(/a), "q")])`,
    ],
    ['attributes of attributes', ATTRIBUTES, '//@i[count(//@i) = 0]'],
    ['sorted again and again', WIDE, '//b[(//b)[last()] = "y"]'],
    ['the root for every node', WIDE, '//b[string(/) = "y"]'],
  ])('is given up: %s', (_what, text, path) => {
    expect(ask(text, path)).toEqual(TOO_MUCH);
  });

  it('is given up though each path alone would do', () => {
    const path = '//b[position() mod 2 = 0][position() mod 3 = 0][last()]';
    expect(ask(WIDE, path)).toMatchObject({ ok: true, value: [{ found: true }] });
    expect(ask(WIDE, ...Array.from({ length: 100 }, () => path))).toEqual(TOO_MUCH);
    // What one document has used is nothing to the next.
    expect(ask(WIDE, path)).toMatchObject({ ok: true });
  });
});

describe('an honest expression on the largest documents', () => {
  it.each([
    ['/a/b[9990]', '9989'],
    ['//b[. = "9989"]', '9989'],
    ['/a/b[last()]', '9989'],
    ["//*[local-name()='b'][text()='5000']", '5000'],
    ['count(//b)', 9990],
    ['sum(//b)', 49895055],
    ['//b[. > 9000][1]', '9001'],
    ['//b[contains(., "999")][2]', '1999'],
    ['/a/b[position() > 9980 and position() < 9983]', '9980'],
    ['string(//b[5]/following-sibling::b[1])', '5'],
    ['//b[not(. > 0)]', '0'],
  ])('%s finds %j', (path, value) => {
    expect(ask(WIDE, path)).toEqual({ ok: true, value: [{ found: true, value }] });
  });

  it('may have a hundred rows', () => {
    const text = `<a>${Array.from({ length: 2000 }, (_, i) => `<b>${i}</b>`).join('')}</a>`;
    const found = ask(text, ...Array.from({ length: 100 }, (_, i) => `//b[. = "${i}"]`));
    expect(found).toEqual({ ok: true, value: Array.from({ length: 100 }, (_, i) => ({ found: true, value: String(i) })) });
  });

  it('may leave out what comes twice among some hundred elements', () => {
    const text = `<a>${Array.from({ length: 800 }, (_, i) => `<b>${i % 400}</b>`).join('')}</a>`;
    expect(ask(text, 'count(//b[not(. = preceding::b)])')).toEqual({ ok: true, value: [{ found: true, value: 400 }] });
  });
});

it('the limit holds at, below and above it', () => {
  beginWork();
  expect(() => work(MAX_WORK - 1)).not.toThrow();
  expect(() => work(1)).not.toThrow();
  expect(() => work(1)).toThrow(TooMuchWork);
});
