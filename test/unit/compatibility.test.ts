import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

/*
 * docs/compatibility.md promises something for every row of the systems Offhook answers to. Here the promise is held: a row that is done
 * names a test file in which a test or a group of tests is called by the row; one that cannot apply says why.
 */

const root = fileURLToPath(new URL('../..', import.meta.url));
const PAGE = 'docs/compatibility.md';

const numbered = (letter: string, from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => `${letter}${from + index}`);

const ROWS = [
  ...numbered('V', 1, 18),
  ...numbered('G', 1, 11),
  ...numbered('A', 21, 22),
  ...numbered('P', 1, 20),
  ...numbered('I', 1, 11),
  ...numbered('F', 1, 5),
  ...numbered('M', 1, 14),
];

/** Rows that are not there, and said so: calls are answered, not placed. */
const NOT_YET: readonly string[] = ['I7'];

interface PageRow {
  readonly row: string;
  readonly feature: string;
  readonly state: string;
  /** Links to tests, or the reason. */
  readonly held: string;
}

const page: readonly PageRow[] = [...readFileSync(join(root, PAGE), 'utf8').matchAll(/^\| ([VGAPIFM]\d+) +\|(.*)\|$/gmu)].map(
  ([, row = '', cells = '']) => {
    const [feature = '', state = '', held = ''] = cells.split('|').map((cell) => cell.trim());
    return { row, feature, state, held };
  },
);

const inState = (...states: readonly string[]): readonly PageRow[] => page.filter(({ state }) => states.includes(state));

function testsOf({ held }: PageRow): readonly string[] {
  return [...held.matchAll(/\]\((?<link>[^)]+\.test\.ts)\)/gu)].map(({ groups }) => join(dirname(PAGE), groups?.['link'] ?? ''));
}

/** True for a call of `describe`, `it` or `test`, with whatever is chained to it. */
function isTest(call: ts.CallExpression): boolean {
  let callee: ts.Expression = call.expression;
  while (ts.isCallExpression(callee) || ts.isPropertyAccessExpression(callee)) callee = callee.expression;
  return ts.isIdentifier(callee) && ['describe', 'it', 'test'].includes(callee.text);
}

/** What the tests of a file are called: their titles and, where a table has names of its own, these. */
function titlesOf(file: string): readonly string[] {
  const titles: string[] = [];
  const strings = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node) || ts.isTemplateHead(node)) titles.push(node.text);
    else ts.forEachChild(node, strings);
  };
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && isTest(node)) {
      const [first] = node.arguments;
      if (first !== undefined && (ts.isStringLiteralLike(first) || ts.isTemplateExpression(first))) strings(first);
      else if (first !== undefined && ts.isArrayLiteralExpression(first)) first.elements.forEach(nameIn);
    }
    ts.forEachChild(node, visit);
  };
  const nameIn = (element: ts.Expression): void => {
    const name = ts.isArrayLiteralExpression(element) ? element.elements[0] : element;
    if (name !== undefined && ts.isStringLiteralLike(name)) titles.push(name.text);
  };
  visit(ts.createSourceFile(file, readFileSync(join(root, file), 'utf8'), ts.ScriptTarget.Latest));
  return titles;
}

/** The rows a title names: `V8`, or `V12–V14` for all three. */
function rowsNamed(title: string): readonly string[] {
  const ranges = [...title.matchAll(/\b([VGAPIFM])(\d+)[–-]\1(\d+)\b/gu)];
  return [
    ...[...title.matchAll(/\b[VGAPIFM]\d+\b/gu)].map(([row]) => row),
    ...ranges.flatMap(([, letter = '', from, to]) => numbered(letter, Number(from), Number(to))),
  ];
}

const rowsByFile = new Map<string, ReadonlySet<string>>();

function rowsOf(file: string): ReadonlySet<string> {
  const known = rowsByFile.get(file) ?? new Set(titlesOf(file).flatMap(rowsNamed));
  rowsByFile.set(file, known);
  return known;
}

describe(PAGE, () => {
  it('has every row once, and no other', () => {
    expect(page.map(({ row }) => row)).toEqual(ROWS);
  });

  it('says of every row what it is, and knows its state', () => {
    expect(page.filter(({ feature }) => feature.length < 10)).toEqual([]);
    expect(page.filter(({ state }) => !['done', 'not applicable', 'not yet'].includes(state))).toEqual([]);
  });

  it.each(inState('done'))('$row is held by tests that are called by it', (row) => {
    const files = testsOf(row);
    expect(files).not.toEqual([]);
    expect(files.filter((file) => !existsSync(join(root, file)))).toEqual([]);
    expect(files.filter((file) => !rowsOf(file).has(row.row))).toEqual([]);
  });

  it.each(inState('not applicable'))('$row says why it cannot apply', ({ held }) => {
    expect(held.split(' ').length).toBeGreaterThan(7);
  });

  it('what is not there yet is known, and the page says what is missing', () => {
    expect(inState('not yet').map(({ row }) => row)).toEqual(NOT_YET);
    expect(inState('not yet').filter(({ held }) => held.split(' ').length <= 7)).toEqual([]);
  });
});
