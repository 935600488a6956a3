import { describe, expect, it } from 'vitest';
import { ok } from '../../../../src/lib/result.js';
import { bodyText } from '../../../../src/http/body-text.js';
import { mapBody, type QueryXml } from '../../../../src/webhooks/answer/parse.js';
import type { ResponseType, XmlPaths } from '../../../../src/model/webhook.js';
import { queryXml } from '../../../../src/webhooks/answer/xml.js';

const NOTE = `<?xml version="1.0"?>
<note xmlns:s="urn:s" id="7"><!-- remark --><to lang="de">A &amp; B &#65;</to>
  <item><name>first</name></item><item><name>0012</name></item>
  <mixed>hello <b>big</b> world</mixed><empty/><s:ns>spaced</s:ns><raw><![CDATA[<x>]]></raw><__proto__>p</__proto__>
</note>`;

function find(path: string, paths: XmlPaths, text = NOTE) {
  const findings = queryXml({ text, xmlPaths: paths, pathRoot: 'document', paths: [path] });
  if (!findings.ok) throw new Error(findings.error);
  const [result] = findings.value;
  return result?.found === true ? result.value : undefined;
}

// docs/behaviour.md#xml-paths
describe('dotted paths into XML', () => {
  it.each<[string, unknown]>([
    ['note.to', 'A & B A'],
    ["note['to']", 'A & B A'],
    ["note['@id']", '7'],
    ["note.to['@lang']", 'de'],
    ['note.item[0].name', 'first'],
    ['note.item[1].name', '0012'],
    ['note.item.name', 'first'],
    ['note.item[*].name', ['first', '0012']],
    ['note.item[*].to', undefined],
    ['note.to[*]', ['A & B A']],
    ["note.to[*]['@lang']", ['de']],
    ["note.item['@id']", undefined],
    ['note.item', [{ name: 'first' }, { name: '0012' }]],
    ['note.item[1]', { name: '0012' }],
    ['note.mixed', 'hello big world'],
    ['note.empty', ''],
    ['note.s:ns', 'spaced'],
    ['note.raw', '<x>'],
    ['$.note.to', 'A & B A'],
    ['to', undefined],
    ['note.nope', undefined],
    ['note.item[2].name', undefined],
    ["note['@nope']", undefined],
  ])('%s', (path, value) => {
    expect(find(path, 'dotted')).toEqual(value);
  });

  // docs/behaviour.md#objects-and-lists
  it('an element of elements is an object, without __proto__', () => {
    const note = find('note', 'dotted') as Record<string, unknown>;
    expect(Object.keys(note)).toEqual(['@xmlns:s', '@id', 'to', 'item', 'mixed', 'empty', 's:ns', 'raw']);
    expect(Object.getPrototypeOf(note)).toBe(Object.prototype);
  });
});

describe('what stands in an element', () => {
  it.each<[string, string, unknown]>([
    ['<a>&amp;lt; &lt;&gt;&quot;&apos;</a>', 'a', '&lt; <>"\''],
    ['<a>&#65;&#x42;&#xe9;&#x1F600;</a>', 'a', 'ABé😀'],
    ['<a b="&#10;&amp;amp; x\ny"/>', "a['@b']", '\n&amp; x y'],
    ['<a><![CDATA[&amp;<b>]]>x&amp;<!-- & < -->y</a>', 'a', '&amp;<b>x&y'],
    ['<a>one <b>two <c>three</c></b> four</a>', 'a', 'one two three four'],
    ['<a>one <b>two <c>three</c></b> four</a>', 'a.b.c', 'three'],
    ['<a>0012</a>', 'a', '0012'],
    ['<a>1e5</a>', 'a', '1e5'],
    ['<a>true</a>', 'a', 'true'],
    ['<a><i n="1"/><i/><i n="2"/></a>', 'a.i[*].@n', ['1', '2']],
    ["<a b='x>y'> <c/> </a>", 'a', { '@b': 'x>y', c: '' }],
    ['\ufeff<?xml version="1.0"?>\r\n<a>1\r\n2</a>\n<!-- end -->', 'a', '1\n2'],
    ['<a><constructor>1</constructor><toString x="2"/><prototype/></a>', 'a', { constructor: '1', toString: '', prototype: '' }],
    ['<a><constructor>1</constructor><toString x="2"/></a>', "a.toString['@x']", '2'],
    ['<a><hasOwnProperty>1</hasOwnProperty></a>', 'a.hasOwnProperty', '1'],
  ])('%s at %s', (text, path, value) => {
    expect(find(path, 'dotted', text)).toEqual(value);
  });
});

it('a dotted path reaches as deep as XML may be nested', () => {
  const path = Array.from({ length: 100 }, () => 'a').join('.');
  expect(find(path, 'dotted', `${'<a>'.repeat(100)}x${'</a>'.repeat(100)}`)).toBe('x');
});

describe('XPath into XML', () => {
  it.each<[string, unknown]>([
    ['/note/to', 'A & B A'],
    ['note/to', 'A & B A'],
    ['/note/@id', '7'],
    ['/note/item[2]/name', '0012'],
    ['//item', 'first'],
    ['//s:ns', 'spaced'],
    ['count(//item)', 2],
    ['boolean(//item)', true],
    ['string(/note/to/@lang)', 'de'],
    ['/note/nope', undefined],
    ['number(/note/to)', undefined],
    ['//item[', undefined],
    ['unknown(1)', undefined],
    ['$var', undefined],
    ["document('file:///etc/passwd')", undefined],
  ])('%s', (path, value) => {
    expect(find(path, 'xpath')).toEqual(value);
  });

  it.each<[string, unknown]>([
    ["//item[name='0012']/name", '0012'],
    ['//item[last()]/name', '0012'],
    ["//item[contains(name, '//..')]", undefined],
    ["//*[@lang='de']", 'A & B A'],
    ["note/item[name/text()='first']/name", 'first'],
    ['note/item[position() > 1]/name', '0012'],
    ['child::note/child::to', 'A & B A'],
    ['concat(note/to, "/", note/@id)', 'A & B A/7'],
  ])('%s', (path, value) => {
    expect(find(path, 'xpath')).toEqual(value);
  });

  it('a prefix that is declared below the root can be written, as SOAP needs', () => {
    const soap = '<s:E xmlns:s="urn:s"><s:Body><m:R xmlns:m="urn:m"><m:status>ok</m:status></m:R></s:Body></s:E>';
    expect(find('//m:status', 'xpath', soap)).toBe('ok');
    expect(find('/s:E/s:Body/m:R/m:status', 'xpath', soap)).toBe('ok');
    expect(find('//x:status', 'xpath', soap)).toBeUndefined();
  });

  it('of two declarations of a prefix the first counts', () => {
    expect(find('//p:b', 'xpath', '<a xmlns:p="urn:1"><p:b>1</p:b><c xmlns:p="urn:2"><p:b>2</p:b></c></a>')).toBe('1');
  });

  it('a default namespace needs no prefix', () => {
    expect(find('/a/b', 'xpath', '<a xmlns="urn:a"><b>1</b></a>')).toBe('1');
  });

  it.each([
    ['//c | //b', 'two'],
    ['//c | //@x', 'one'],
    ['//c | //b/text() | //@y', 'more'],
    ['//c/preceding-sibling::*[1]', 'two'],
    ['(//c | //b)[last()]', 'three'],
    ['//text() | //comment()', 'note'],
  ])('%s gives the first node in the order of the document', (path, value) => {
    const text = '<a xmlns:n="urn:n"><!--note--><b x="one" y="more">two</b><c>three</c></a>';
    expect(find(path, 'xpath', text)).toBe(value);
  });
});

describe('XML that is refused', () => {
  it.each([
    ['<!DOCTYPE a><a/>', 'DOCTYPE'],
    ['<!doctype a [<!ENTITY x "y">]><a>&x;</a>', 'DOCTYPE'],
    ['<a><b></a></b>', 'well-formed'],
    ['<a/><b/>', 'well-formed'],
    ['<a b=1/>', 'well-formed'],
    ['<a b="1" b="2"/>', 'well-formed'],
    ['<a/>text', 'well-formed'],
    ['<a></a>text', 'well-formed'],
    ['<a>1 < 2</a>', 'well-formed'],
    ['<a>&unknown;</a>', 'well-formed'],
    ['<a b="&unknown;"/>', 'well-formed'],
    ['<a>&#65</a>', 'well-formed'],
    ['<a>', 'well-formed'],
    ['<a', 'well-formed'],
    ['<!-- <a/>', 'well-formed'],
    ['plain text', 'well-formed'],
    ['', 'well-formed'],
    [`${'<a>'.repeat(101)}${'</a>'.repeat(101)}`, 'deeper than 100'],
    [`<a>${'<b/>'.repeat(10_000)}</a>`, 'more than'],
    [`<a ${Array.from({ length: 10_001 }, (_, i) => `a${i}=""`).join(' ')}/>`, 'more than'],
    [`<a>${'&amp;'.repeat(10_001)}</a>`, 'more than'],
    [`<a>${'<!---->'.repeat(10_001)}</a>`, 'more than'],
    [`<a>${'<?x?>'.repeat(10_001)}</a>`, 'more than'],
  ])('%.40s', (text, why) => {
    for (const paths of ['dotted', 'xpath'] as const)
      expect(queryXml({ text, xmlPaths: paths, pathRoot: 'document', paths: ['a'] })).toMatchObject({
        ok: false,
        error: expect.stringContaining(why) as string,
      });
  });
});

describe('references that mean no character', () => {
  it.each(['&', '&#0;', '&#xD800;', '&#1114112;', '&#99999999999999999999;', '&#;'])('%s', (reference) => {
    const text = `<a>${reference}</a>`;
    expect(queryXml({ text, xmlPaths: 'dotted', pathRoot: 'document', paths: ['a'] }).ok).toBe(false);
  });
});

describe('responseType', () => {
  const xml: QueryXml = () => Promise.resolve(ok([{ found: true, value: 'xml' }]));
  const mapped = (text: string, contentType: string, responseType: ResponseType, paths: string[]) =>
    mapBody(text, contentType, { responseType, xmlPaths: 'dotted', pathRoot: 'document', paths }, xml);

  /** What `$` finds tells who read the body. */
  const kind = async (text: string, contentType: string, responseType: ResponseType) => {
    const read = await mapped(text, contentType, responseType, ['$']);
    if (!read.ok) return 'refused';
    const [first] = read.value;
    const value = first?.found === true ? first.value : null;
    return value === 'xml' ? 'xml' : value === text ? 'text' : 'json';
  };

  it.each<[string, string, ResponseType, string]>([
    ['{}', 'application/json; charset=utf-8', 'auto', 'json'],
    ['{}', 'application/problem+json', 'auto', 'json'],
    ['<a/>', 'text/xml', 'auto', 'xml'],
    ['<a/>', 'application/soap+xml; charset=utf-8', 'auto', 'xml'],
    ['{}', 'text/plain', 'auto', 'text'],
    ['{}', '', 'auto', 'json'],
    [' [1]', '', 'auto', 'json'],
    ['<a/>', '', 'auto', 'xml'],
    ['hi', '', 'auto', 'text'],
    ['{}', 'text/html', 'json', 'json'],
    ['<a/>', 'text/plain', 'xml', 'xml'],
    ['{}', 'application/json', 'text', 'text'],
    ['hi', 'application/json', 'auto', 'refused'],
    ['hi', 'text/plain', 'json', 'refused'],
    ['hi', 'text/plain', 'xml', 'xml'],
  ])('%j labelled %j read as %s is %s', async (text, contentType, responseType, expected) => {
    expect(await kind(text, contentType, responseType)).toBe(expected);
  });

  it('in plain text only the whole is found', async () => {
    const whole = { found: true, value: 'hi' };
    expect(await mapped('hi', 'text/plain', 'auto', ['$', 'data', 'a'])).toEqual(ok([whole, whole, { found: false }]));
  });

  it('drops __proto__ however it is spelled', async () => {
    const read = await mapped('{"\\u005f_proto__":{"a":1},"b":[{"__proto__":1,"c":2}]}', '', 'json', ['$']);
    expect(read).toEqual(ok([{ found: true, value: { b: [{ c: 2 }] } }]));
    expect(JSON.stringify(read)).not.toContain('proto');
  });
});

describe('charset', () => {
  it.each([
    ['text/plain; charset=utf-8', Buffer.from('grüß'), 'grüß'],
    ['text/plain; charset="ISO-8859-1"', Buffer.from('grüß', 'latin1'), 'grüß'],
    ['text/plain', Buffer.from('\ufeffgrüß'), 'grüß'],
    ['text/plain; charset=nonsense', Buffer.from('grüß'), 'grüß'],
    [
      'application/xml',
      Buffer.from('<?xml version="1.0" encoding="ISO-8859-1"?><a>ü</a>', 'latin1'),
      '<?xml version="1.0" encoding="ISO-8859-1"?><a>ü</a>',
    ],
  ])('%s', (contentType, bytes, text) => {
    expect(bodyText(bytes, contentType)).toBe(text);
  });
});
