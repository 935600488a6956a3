import { describe, expect, it } from 'vitest';
import type { Json } from '../../../../src/lib/json/json.js';
import { findInJson, readPath } from '../../../../src/webhooks/answer/paths.js';

const document: Json = {
  data: { userId: 7, 'a.b': 'dotted', '@id': 'at', "it's": 'quote', list: [{ id: 1 }, { id: 2 }], nothing: null, data: 'inner' },
  x: 'own x',
  items: [],
  'with space': 1,
  deep: { a: { b: { c: 'c' } } },
};

const inDocument = (path: string) => findInJson(document, path, 'document');
const inData = (path: string) => findInJson(document, path, 'data');
const found = (value: Json) => ({ found: true, value });
const nothing = { found: false };

// docs/behaviour.md#path-root
describe('pathRoot document', () => {
  it.each<[string, Json]>([
    ['data.userId', 7],
    ["data['userId']", 7],
    ['data["userId"]', 7],
    ['$.data.userId', 7],
    ["$['data']['userId']", 7],
    [' data.userId ', 7],
    ['x', 'own x'],
    ["data['a.b']", 'dotted'],
    ["data['@id']", 'at'],
    ['data.@id', 'at'],
    ["data['it\\'s']", 'quote'],
    ['data.list[1].id', 2],
    ['data.list[*].id', [1, 2]],
    ['data.list', [{ id: 1 }, { id: 2 }]],
    ['data.list.length', 2],
    ['with space', 1],
    ['deep.a.b.c', 'c'],
    ['data.nothing', null],
  ])('%s', (path, value) => {
    expect(inDocument(path)).toEqual(found(value));
  });

  // docs/behaviour.md#objects-and-lists
  it('$ is the whole document', () => {
    expect(inDocument('$')).toEqual(found(document));
  });
});

describe('pathRoot data', () => {
  it.each<[string, Json]>([
    ['data.data.userId', 7],
    ['x.data.userId', 7],
    ['$.data.userId', 7],
    ['data.x', 'own x'],
    ["x['x']", 'own x'],
    ['data.data.data', 'inner'],
    ["data['data'].userId", 7],
    ["['data'].userId", 7],
  ])('%s', (path, value) => {
    expect(inData(path)).toEqual(found(value));
  });

  it('the leading data is the document, never a key of it', () => {
    expect(inData('data.userId')).toEqual(nothing);
  });

  it.each(['data', 'x', '$'])('%s is the whole document', (path) => {
    expect(inData(path)).toEqual(found(document));
  });
});

// docs/behaviour.md#root-arrays
describe('root arrays', () => {
  const list: Json = [{ userId: 7 }, [1, 2]];
  it.each(['[0].userId', '$[0].userId', "$[0]['userId']", '[0]["userId"]'])('%s', (path) => {
    expect(findInJson(list, path, 'document')).toEqual(found(7));
  });
  it.each(['data[0].userId', 'x[0].userId', '$[0].userId', '[0].userId'])('pathRoot data: %s', (path) => {
    expect(findInJson(list, path, 'data')).toEqual(found(7));
  });
  it('goes through lists in lists', () => {
    expect(findInJson(list, '[1][1]', 'document')).toEqual(found(2));
  });
});

describe('what is not there', () => {
  it.each(['nope', 'data.nope', 'data.list[9]', 'items[0]', 'data.userId.x', 'deep.a.x.c', 'x.nope'])('%s', (path) => {
    expect(inDocument(path)).toEqual(nothing);
  });

  it.each([null, 5, 'text', true])('a document that is %j has no members, only itself', (value) => {
    expect(findInJson(value, 'a', 'document')).toEqual(nothing);
    expect(findInJson(value, '$', 'document')).toEqual(found(value));
  });

  it('own members only', () => {
    for (const path of [
      '__proto__',
      'constructor',
      'constructor.name',
      'data.__proto__.polluted',
      'toString',
      'data.hasOwnProperty',
    ])
      expect(inDocument(path)).toEqual(nothing);
  });
});

describe('expressions do nothing', () => {
  it.each([
    '$[?(@.userId)]',
    '$..userId',
    '$[(@.length-1)]',
    '$.data[?(@.constructor.constructor("return process")().exit())]',
    "$[?(Function('globalThis.polluted=1')())]",
    '$.data[(globalThis.polluted=1)]',
    '$^',
    '$~',
    '$.data.list[0:1]',
    '$.data.list[-1]',
    '$.data.list[0,1]',
    '$[`data`]',
    'data.',
    '.data',
    'data..userId',
    'data[',
    "data['userId",
    'data[userId]',
    "data['a']b",
    '',
    ' ',
    'a'.repeat(501),
  ])('%s', (path) => {
    expect(inDocument(path)).toEqual(nothing);
    expect((globalThis as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('operators of JSONPath are plain names inside quotes', () => {
    expect(readPath("['*']['..']['?(@)']", 'document')).toEqual([{ name: '*' }, { name: '..' }, { name: '?(@)' }]);
    expect(findInJson({ '?(@)': 1, '*': 2, '..': 3 }, "['?(@)']", 'document')).toEqual(found(1));
    expect(findInJson({ '?(@)': 1, '*': 2, '..': 3 }, "['*']", 'document')).toEqual(found(2));
  });
});
