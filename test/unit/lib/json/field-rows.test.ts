import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fieldKeyProblems, objectOfRows } from '../../../../src/lib/json/field-rows.js';
import type { Json } from '../../../../src/lib/json/json.js';

const build = (...rows: readonly (readonly [string, Json | undefined])[]): Json =>
  objectOfRows(rows.map(([key, value]) => ({ key, value })));

// docs/behaviour.md#body-by-rows
describe('field rows', () => {
  it('a.b nests, in the order of the rows, whatever stands between', () => {
    expect(JSON.stringify(build(['z', 1], ['a.b', 'x'], ['m', null], ['a.c.d', true]))).toBe(
      '{"z":1,"a":{"b":"x","c":{"d":true}},"m":null}',
    );
  });

  it('a[] appends, with or without a blank in the brackets', () => {
    expect(build(['a[]', 1], ['a[ ]', 'two'], ['a[]', [3]])).toEqual({ a: [1, 'two', [3]] });
  });

  it('a[].b is one object per group of rows', () => {
    expect(build(['i[].n', 'A'], ['i[].q', 1], ['i[].n', 'B'], ['i[].q', 2])).toEqual({
      i: [
        { n: 'A', q: 1 },
        { n: 'B', q: 2 },
      ],
    });
  });

  it('a row left out moves no other into its group', () => {
    expect(build(['i[].n', 'A'], ['i[].q', undefined], ['i[].n', undefined], ['i[].q', 2])).toEqual({
      i: [{ n: 'A' }, { q: 2 }],
    });
    expect(build(['i[].n', undefined], ['i[].q', undefined], ['i[].n', 'B'])).toEqual({ i: [{ n: 'B' }] });
  });

  it('groups hold lists and objects of their own', () => {
    expect(build(['i[].n', 'A'], ['i[].t[]', 1], ['i[].t[]', 2], ['i[].n', 'B'], ['i[].t[]', 3], ['i[].o.x', 4])).toEqual({
      i: [
        { n: 'A', t: [1, 2] },
        { n: 'B', t: [3], o: { x: 4 } },
      ],
    });
  });

  it('a[0].x names a place; a place between others without a value is null', () => {
    expect(build(['a[1].x', 1], ['a[ 0 ].x', 0], ['a[0].y', 2])).toEqual({ a: [{ x: 0, y: 2 }, { x: 1 }] });
    expect(build(['a[2]', 'c'], ['a[0]', 'a'])).toEqual({ a: ['a', null, 'c'] });
    expect(build(['a[0][1]', 1], ['a[0][0]', 0])).toEqual({ a: [[0, 1]] });
  });

  it('a row left out leaves no empty object or list behind', () => {
    expect(build(['multimedia.url', undefined], ['multimedia.caption', undefined], ['tags[]', undefined], ['x', 1])).toEqual({
      x: 1,
    });
    expect(build(['a', undefined])).toEqual({});
  });

  it('names of an object’s own machinery are names like others', () => {
    const made = build(['__proto__.polluted', 1], ['constructor', 2]);
    expect(JSON.stringify(made)).toBe('{"__proto__":{"polluted":1},"constructor":2}');
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it.each<[readonly string[], number]>([
    [['a', 'a.b'], 1],
    [['a.b', 'a'], 1],
    [['a', 'b', 'a'], 2],
    [['a[]', 'a.b'], 1],
    [['a[]', 'a[0]'], 1],
    [['a[0]', 'a[0]'], 1],
    [['a[].b', 'a[].b.c'], 1],
    [['a', 'a[]'], 1],
  ])('%j clash', (keys, row) => {
    expect(fieldKeyProblems(keys).map((found) => found.row)).toEqual([row]);
  });

  it.each([
    '',
    ' ',
    '.a',
    'a.',
    'a..b',
    'a[',
    'a]',
    'a[x]',
    'a[-1]',
    '[0]',
    '[]',
    'a[0]b',
    'a[[0]]',
    'a[1000]',
    Array(20).fill('a').join('.'),
  ])('%j is refused', (key) => {
    expect(fieldKeyProblems([key])).toHaveLength(1);
    expect(build([key, 1])).toEqual({});
  });

  it('says nothing about rows that go together', () => {
    expect(fieldKeyProblems(['a.b', 'a.c', 'l[]', 'l[]', 'i[].n', 'i[].q', 'i[].n', 'p[0].x', 'p[1].x', 'odd name-1'])).toEqual(
      [],
    );
  });
});

/** Every leaf of a value with the key of its row, positions named. */
function rowsOf(value: Json, key: string): { readonly key: string; readonly value: Json }[] {
  if (typeof value !== 'object' || value === null) return [{ key, value }];
  const members: (readonly [string, Json])[] = Array.isArray(value)
    ? value.map((item: Json, index) => [`${key}[${index}]`, item] as const)
    : Object.entries(value).map(([name, item]: [string, Json]) => [key === '' ? name : `${key}.${name}`, item] as const);
  return members.flatMap(([path, item]) => rowsOf(item, path));
}

describe('any object', () => {
  const name = fc
    .stringMatching(/^[^.[\]]*[^.[\]\s][^.[\]]*$/u)
    .map((text) => text.trim())
    .filter((text) => text.length > 0);
  const leaf: fc.Arbitrary<Json> = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null));
  const { tree } = fc.letrec<{ tree: Json; branch: Json }>((tie) => ({
    tree: fc.oneof({ maxDepth: 4 }, leaf, tie('branch')),
    branch: fc.oneof(
      fc.array(tie('tree'), { minLength: 1, maxLength: 4 }),
      fc.dictionary(name, tie('tree'), { minKeys: 1, maxKeys: 4, noNullPrototype: true }),
    ),
  }));

  it('can be written as rows and comes back', () => {
    fc.assert(
      fc.property(fc.dictionary(name, tree, { minKeys: 1, maxKeys: 5, noNullPrototype: true }), (object) => {
        const rows = rowsOf(object, '');
        expect(fieldKeyProblems(rows.map(({ key }) => key))).toEqual([]);
        expect(JSON.parse(JSON.stringify(objectOfRows(rows)))).toEqual(JSON.parse(JSON.stringify(object)));
      }),
    );
  });

  it('whatever the keys are, building ends, and only rows without a problem are in it', () => {
    const key = fc.oneof(fc.string(), fc.stringMatching(/^[ab](?:\.[ab]|\[\]|\[[01]\]){0,3}$/));
    fc.assert(
      fc.property(fc.array(key, { maxLength: 20 }), (keys) => {
        const refused = fieldKeyProblems(keys).length;
        const made = objectOfRows(keys.map((row) => ({ key: row, value: 'a value' })));
        let values = 0;
        JSON.stringify(made, (_, value: unknown) => {
          if (value === 'a value') values++;
          return value;
        });
        expect(values).toBe(keys.length - refused);
      }),
    );
  });
});

it.each([15, 16, 17])('a key of %i levels: sixteen are taken', (levels) => {
  const key = Array.from({ length: levels }, (_, i) => `k${i}`).join('.');
  expect(fieldKeyProblems([key])).toHaveLength(levels <= 16 ? 0 : 1);
});

it.each([98, 99, 100])('position %i of a list: ninety-nine is the last', (position) => {
  expect(fieldKeyProblems([`a[${position}]`])).toHaveLength(position <= 99 ? 0 : 1);
});
