import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { anchorsOf, citationsIn, projectRoot, textOf } from '../support/citations.js';

/*
 * docs/compatibility.md promises something for each feature of the systems Offhook answers to. Here the promise is held: a feature that is
 * done names test files, each of which cites its rule in docs/behaviour.md; one that cannot apply says why.
 */

const PAGE = 'docs/compatibility.md';
const RULES = 'docs/behaviour.md';

/** How many features each part of the page has, so that none is lost by mistake. */
const PARTS: Readonly<Record<string, number>> = {
  'Requests with parameters': 18,
  Signatures: 11,
  'Times and tries': 2,
  'Requests with result variables': 20,
  'Internal functions': 11,
  Reports: 5,
  Integrations: 14,
};

/** Features that are not there, and said so: calls are answered, not placed. */
const NOT_YET: readonly string[] = ['`createOutbound`'];

interface Feature {
  readonly part: string;
  /** In words, without links. */
  readonly name: string;
  /** Anchors of its rules. */
  readonly rules: readonly string[];
  readonly state: string;
  /** Links to tests, or the reason. */
  readonly held: string;
}

const features: readonly Feature[] = textOf(PAGE)
  .split(/^## /mu)
  .flatMap((text) => {
    const [part = ''] = text.split('\n', 1);
    return [...text.matchAll(/^\|(.*behaviour\.md#.*)\|$/gmu)].flatMap(([, row = '']) => {
      const cells = row.split('|').map((cell) => cell.trim());
      const [cell = '', state = '', held = ''] = cells;
      if (cells.length !== 3) return [];
      const rules = [...cell.matchAll(/\]\(behaviour\.md#([\w-]+)\)/gu)].map(([, anchor = '']) => anchor);
      const name = cell.replace(/\[(.*?)\]\(behaviour\.md#[\w-]+\)/gu, '$1');
      return [{ part, name, rules, state, held }];
    });
  });

const inState = (...states: readonly string[]): readonly Feature[] => features.filter(({ state }) => states.includes(state));

function testsOf({ held }: Feature): readonly string[] {
  return [...held.matchAll(/\]\((?<link>[^)]+\.test\.ts)\)/gu)].map(({ groups }) => join(dirname(PAGE), groups?.['link'] ?? ''));
}

describe(PAGE, () => {
  it('has every feature once', () => {
    const counts = Object.fromEntries(
      Object.keys(PARTS).map((name) => [name, features.filter(({ part }) => part === name).length]),
    );
    expect(counts).toEqual(PARTS);
    expect(features.length).toBe(new Set(features.map(({ part, name }) => `${part}: ${name}`)).size);
  });

  it('says of every feature what it is, by which rule, and knows its state', () => {
    expect(features.filter(({ name }) => name.length < 10)).toEqual([]);
    expect(features.filter(({ rules }) => rules.length === 0)).toEqual([]);
    expect(features.filter(({ state }) => !['done', 'not applicable', 'not yet'].includes(state))).toEqual([]);
    const known = anchorsOf(textOf(RULES));
    expect(features.flatMap(({ rules }) => rules).filter((rule) => !known.includes(rule))).toEqual([]);
  });

  it.each(inState('done'))('$name: is held by tests that cite its rule', (feature) => {
    const files = testsOf(feature);
    expect(files).not.toEqual([]);
    expect(files.filter((file) => !existsSync(join(projectRoot, file)))).toEqual([]);
    const cites = (file: string): boolean =>
      citationsIn(textOf(file)).some((citation) => feature.rules.some((rule) => citation === `${RULES}#${rule}`));
    expect(files.filter((file) => !cites(file))).toEqual([]);
  });

  it.each(inState('not applicable'))('$name: says why it cannot apply', ({ held }) => {
    expect(held.split(' ').length).toBeGreaterThan(7);
  });

  it('what is not there yet is known, and the page says what is missing', () => {
    expect(inState('not yet').map(({ name }) => name)).toEqual(NOT_YET);
    expect(inState('not yet').filter(({ held }) => held.split(' ').length <= 7)).toEqual([]);
  });
});
