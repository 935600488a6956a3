import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../../../src/lib/json/json.js';
import { answerPaths, MAX_ANSWER_PATHS, placesOf } from '../../../../src/webhooks/answer/answer-paths.js';
import type { QueryXml } from '../../../../src/webhooks/answer/parse.js';
import { findInJson } from '../../../../src/webhooks/answer/paths.js';
import { queryXml } from '../../../../src/webhooks/answer/xml.js';

// docs/behaviour.md#test-requests
describe('the places of an answer', () => {
  it('are written the way mappings are', () => {
    const document = { order: { status: 'sent', 'line items': [{ sku: 'a' }], "it's": null }, total: 3.5, ok: true };
    expect(answerPaths(document, 'document').paths).toEqual([
      { path: '$', kind: 'object' },
      { path: 'order', kind: 'object' },
      { path: 'order.status', kind: 'text', value: 'sent' },
      { path: "order['line items']", kind: 'list' },
      { path: "order['line items'][0]", kind: 'object' },
      { path: "order['line items'][0].sku", kind: 'text', value: 'a' },
      { path: "order['it\\'s']", kind: 'null', value: null },
      { path: 'total', kind: 'number', value: 3.5 },
      { path: 'ok', kind: 'boolean', value: true },
    ]);
    expect(answerPaths([{ data: 1 }], 'data').paths.map(({ path }) => path)).toEqual(['data', 'data[0]', 'data[0].data']);
  });

  it.each(['document', 'data'] as const)('every one finds its value, whatever the answer (root %s)', (root) => {
    const value = fc.jsonValue({ maxDepth: 4 }) as fc.Arbitrary<Json>;
    const nasty = fc.dictionary(
      fc.constantFrom('$', 'data', 'x', '*', '', '@', 'a.b', "q'", '^', '~', '`b', '0', '\\', ']'),
      value,
    );
    fc.assert(
      fc.property(fc.oneof(value, nasty), (document) => {
        const { paths } = answerPaths(document, root);
        expect(paths[0]?.path).toBe(root === 'data' ? 'data' : '$');
        for (const place of paths) {
          const found = findInJson(document, place.path, root);
          expect(found.found).toBe(true);
          if ('value' in place && found.found) expect(found.value).toEqual(place.value);
        }
      }),
      { numRuns: 300 },
    );
  });

  // docs/behaviour.md#xml-paths
  it.each([
    ['dotted', ["note['@id']", 'note.to', 'note.item[1].name']],
    ['xpath', ['/note/@id', '/note/to', '/note/item[2]/name']],
  ] as const)('of XML are written by name with the root element, or as XPath: %s', async (xmlPaths, wanted) => {
    const raw =
      '<?xml version="1.0"?><!-- <x> --><note id="7"><to>Ann</to><item><name>a</name></item><item><name>b</name></item></note>';
    const reading = { responseType: 'auto', pathRoot: 'document', xmlPaths } as const;
    const { paths } = await placesOf({ raw, contentType: 'text/xml' }, reading, (query) => Promise.resolve(queryXml(query)));
    expect(paths.map(({ path }) => path)).toEqual(expect.arrayContaining([...wanted]));
    const found = queryXml({ ...reading, text: raw, paths: paths.map(({ path }) => path) });
    expect(found.ok && found.value.every((hit) => hit.found)).toBe(true);
  });

  it('of text are the whole, of what cannot be read none', async () => {
    const reading = { responseType: 'auto', pathRoot: 'document', xmlPaths: 'dotted' } as const;
    const xml: QueryXml = (query) => Promise.resolve(queryXml(query));
    const text = await placesOf({ raw: 'hello', contentType: 'text/plain' }, reading, xml);
    expect(text.paths).toEqual([{ path: '$', kind: 'text', value: 'hello' }]);
    expect((await placesOf({ raw: '{"a":', contentType: 'application/json' }, reading, xml)).paths).toEqual([]);
    expect((await placesOf({ raw: '<a><b></a>', contentType: 'text/xml' }, reading, xml)).paths).toEqual([]);
  });

  it('are bounded', () => {
    const wide = answerPaths(
      Array.from({ length: 50_000 }, (_, i) => i),
      'document',
    );
    expect([wide.paths.length, wide.more]).toEqual([MAX_ANSWER_PATHS, true]);
  });
});
