import { describe, expect, it } from 'vitest';
import { condition } from '../../../src/widgets/condition/condition.js';
import { operation } from '../../../src/widgets/operation/operation.js';
import { webhook } from '../../../src/widgets/webhook/webhook.js';
import { FakeWidget, problemsOf } from '../../support/fake-widget-context.js';

/* Every limit of widgets, below it, at it and above it. */

const hook = (fields: object): number => problemsOf(webhook, { url: 'https://a.example/', ...fields }).length;
const rows = (count: number): object[] => Array.from({ length: count }, (_, n) => ({ key: `k${n}`, value: 'x' }));

describe('the fields of a webhook', () => {
  it.each([
    [99, true],
    [100, true],
    [101, false],
  ])('%i rows are taken: %s', (count, expected) => {
    expect(hook({ query: rows(count) }) === 0).toBe(expected);
    expect(hook({ headers: rows(count) }) === 0).toBe(expected);
    expect(hook({ method: 'POST', body: { type: 'fields', fields: rows(count) } }) === 0).toBe(expected);
    expect(hook({ method: 'POST', body: { type: 'multipart', fields: rows(count) } }) === 0).toBe(expected);
    const mapping = Array.from({ length: count }, (_, n) => ({ saveIn: `$flow.key.v${n}`, path: 'a' }));
    expect(hook({ mapping }) === 0).toBe(expected);
  });

  it.each([
    [8191, true],
    [8192, true],
    [8193, false],
  ])('a row value of %i characters is taken: %s', (length, expected) => {
    expect(hook({ headers: [{ key: 'a', value: 'x'.repeat(length) }] }) === 0).toBe(expected);
  });

  it.each([
    [65_535, true],
    [65_536, true],
    [65_537, false],
  ])('a body of %i characters is taken: %s', (length, expected) => {
    expect(hook({ method: 'POST', body: { type: 'text', content: 'x'.repeat(length) } }) === 0).toBe(expected);
  });
});

describe('conditions', () => {
  const test = { variable: '$flow.key.a', operator: 'isEmpty' };
  const of = (when: object, count = 1): number =>
    problemsOf(condition, { conditions: Array.from({ length: count }, (_, n) => ({ name: `c${n}`, when })) }).length;
  const deep = (levels: number): object => (levels === 0 ? test : { not: deep(levels - 1) });

  it.each([
    [49, true],
    [50, true],
    [51, false],
  ])('%i conditions, and so many tests in a group, are taken: %s', (count, expected) => {
    expect(of(test, count) === 0).toBe(expected);
    expect(of({ and: Array<object>(count).fill(test) }) === 0).toBe(expected);
    expect(of({ or: Array<object>(count).fill(test) }) === 0).toBe(expected);
  });

  it.each([
    [3, true],
    [4, true],
    [5, false],
  ])('%i groups inside each other are taken: %s', (levels, expected) => {
    expect(of(deep(levels)) === 0).toBe(expected);
  });

  it.each([
    [1000, true],
    [1001, false],
  ])('%i values of a list are taken: %s', (count, expected) => {
    expect(of({ variable: '$flow.key.a', operator: 'in', value: Array<string>(count).fill('x') }) === 0).toBe(expected);
  });
});

describe('operations', () => {
  it.each([
    [65_535, 'next'],
    [65_536, 'next'],
    [65_537, 'failed'],
  ])('a text of %i characters: %s', async (length, exit) => {
    const widget = new FakeWidget();
    widget.vars.set('$flow.key.v', 'x'.repeat(length));
    expect(await widget.run(operation, { operation: 'upper', value: '$flow.key.v', saveIn: '$flow.key.x' })).toBe(exit);
    expect(widget.result['error']).toBe(exit === 'failed' ? 'VALUE_TOO_LONG' : undefined);
  });

  it.each([
    [16, 65_536, 'next'],
    [16, 65_535, 'next'],
    [17, 65_536, 'failed'],
  ])('%i times %i characters as a result of replace: %s', async (times, length, exit) => {
    const widget = new FakeWidget();
    widget.vars.set('$flow.key.v', 'x'.repeat(length));
    const config = { operation: 'replace', value: 'a'.repeat(times), find: 'a', with: '$flow.key.v', saveIn: '$flow.key.x' };
    expect(await widget.run(operation, config)).toBe(exit);
  });
});
