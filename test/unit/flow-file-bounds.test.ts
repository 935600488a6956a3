import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Flow } from '../../src/flow/document/document.js';
import { checkFlowText, loadFlows, type FlowCheck } from '../../src/site/flows/flows.js';
import { temporaryFolder } from '../support/stores.js';

const check: FlowCheck = () => ({ flow: { id: 'a', name: 'a', version: 'v' } as unknown as Flow, problems: [] });

let temporary: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  temporary = temporaryFolder();
  mkdirSync(join(temporary.folder, 'flows'));
});
afterEach(() => temporary.remove());

/** The id a broken file is told by. */
function idOf(text: string): string | undefined {
  writeFileSync(join(temporary.folder, 'flows', 'named.json'), text);
  return [...loadFlows(join(temporary.folder, 'flows'), check).broken.keys()][0];
}

describe('the id of a file that cannot be read', () => {
  it.each([
    [127, true],
    [128, true],
    [129, false],
  ])('of %i characters is taken from its text: %s', (length, taken) => {
    const id = 'i'.repeat(length);
    expect(idOf(`{ "id": "${id}", `)).toBe(taken ? id : 'named');
  });

  it.each([
    [9999, true],
    [10_000, true],
    [10_001, false],
  ])('that ends at character %i is taken from its text: %s', (end, taken) => {
    const id = '"id": "shop"';
    expect(idOf(`{${' '.repeat(end - id.length - 1)}${id}, `)).toBe(taken ? 'shop' : 'named');
  });
});

it.each([
  [59, 59],
  [60, 60],
  [61, 60],
  [5000, 60],
])('of a number of %i digits that is not kept at most %i are told', (digits, told) => {
  const { problems } = checkFlowText(`{ "n": ${'7'.repeat(digits)} }`, 'flows/a.json', check);
  const [found] = problems.filter(({ code }) => code === 'FLOW_NUMBER_DIGITS');
  expect(/The number (7+) has/.exec(found?.message ?? '')?.[1]).toHaveLength(told);
});
