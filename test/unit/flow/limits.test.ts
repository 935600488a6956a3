import { describe, expect, it } from 'vitest';
import { checkFlow } from '../../../src/flow/document/check/check.js';
import { compileExpression, evaluateExpression } from '../../../src/flow/expression/expression.js';
import { redact, redactText, shownError, shownWebhook } from '../../../src/flow/journal/masking.js';
import { isValidName } from '../../../src/flow/variables/names.js';
import { checkPattern, matchPattern } from '../../../src/flow/expression/pattern.js';
import { VariableStore } from '../../../src/flow/variables/store.js';
import { renderText } from '../../../src/flow/variables/template.js';
import { exactNumber } from '../../../src/lib/number/exact-number.js';
import { isLong } from '../../../src/lib/json/long-value.js';
import type { Json } from '../../../src/lib/json/json.js';
import { widgetCatalogue } from '../../../src/widgets/index.js';
import { webhookCall } from '../../support/webhook-calls.js';

/* Every limit of flows, below it, at it and above it. Written in figures, so that a change of a limit shows here. */

const fits = (run: () => unknown): boolean => {
  try {
    run();
    return true;
  } catch (error) {
    expect(error).toMatchObject({ code: 'FLOW_VALUE_TOO_LARGE' });
    return false;
  }
};

/** A list so many levels deep. */
const nested = (levels: number): Json => (levels === 0 ? 1 : [nested(levels - 1)]);

describe('masked values', () => {
  it.each([
    ['123', false],
    ['1234', true],
    ['12345', true],
    ['1 2-3 4', true],
    ['1a2b3', false],
  ])('%s is searched for in other text: %s', (secret, isHidden) => {
    const shown = (text: string): string => (isHidden ? text.replaceAll(secret, '***') : text);
    expect(redactText(`x${secret}y ${secret}`, [secret])).toBe(shown(`x${secret}y ${secret}`));
    expect(redact({ a: [`say ${secret}`], b: { c: secret } }, [secret])).toEqual({
      a: [shown(`say ${secret}`)],
      b: { c: shown(secret) },
    });
    expect(shownError(new Error(`no ${secret}`), [secret]).error).toBe(shown(`no ${secret}`));
  });

  it.each([
    [123, '123', false],
    [1234, '1234', true],
    [12345, '1234', false],
    [exactNumber('7615917337495251231'), '7615917337495251231', true],
    [exactNumber('12.50'), '12.50', true],
    [exactNumber('12.50'), '12.5', false],
  ])('the number %s beside %s: %s', (value, secret, isHidden) => {
    expect(redact([value], [secret])).toEqual([isHidden ? '***' : value]);
  });
});

describe('what the journal shows of a body', () => {
  it.each([
    [16_383, 16_383],
    [16_384, 16_384],
    [16_385, 16_384],
  ])('of %i characters: %i', (length, shown) => {
    const { body } = shownWebhook(
      webhookCall('https://a.example/', { body: { contentType: 'text/plain', text: 'x'.repeat(length) } }),
    ) as {
      body: { text: string };
    };
    expect(body.text.length).toBe(shown);
  });
});

describe('values of variables', () => {
  it.each([
    [1_048_575, true],
    [1_048_576, true],
    [1_048_577, false],
  ])('a text of %i characters fits: %s', (length, expected) => {
    expect(fits(() => new VariableStore().set('$flow.key.a', 'x'.repeat(length), false))).toBe(expected);
    expect(fits(() => new VariableStore().set('$flow.key.a', exactNumber('9'.repeat(length)), false))).toBe(expected);
    expect(fits(() => new VariableStore().set('$flow.key.a', ['x'.repeat(length - 4)], false))).toBe(expected);
  });

  it.each([
    [63, true],
    [64, true],
    [65, false],
  ])('%i levels fit: %s', (levels, expected) => {
    expect(fits(() => new VariableStore().set('$flow.key.a', nested(levels), false))).toBe(expected);
  });

  it.each([
    [999, true],
    [1000, true],
    [1001, false],
  ])('%i variables fit: %s', (count, expected) => {
    const store = new VariableStore();
    const all = (): void => {
      for (let n = 0; n < count; n++) store.set(`$flow.key.v${n}`, n, false);
    };
    expect(fits(all)).toBe(expected);
    // One that is there already is none more.
    expect(fits(() => store.set('$flow.key.v0', 'again', false))).toBe(true);
  });

  it.each([
    [-1, true],
    [0, true],
    [1, false],
  ])('4 MiB together and %i characters fit: %s', (more, expected) => {
    const store = new VariableStore();
    for (let n = 0; n < 3; n++) store.set(`$flow.key.v${n}`, 'x'.repeat(1_048_576), false);
    store.set('$flow.key.small', 'x'.repeat(1000), false);
    expect(fits(() => store.set('$flow.key.last', 'x'.repeat(1_048_576 - 1000 + more), false))).toBe(expected);
    // What is forgotten or replaced makes room.
    store.set('$flow.key.v0', '', false);
    expect(fits(() => store.set('$flow.key.last', 'x'.repeat(1_048_576), false))).toBe(true);
    store.clear('$flow.key.v1');
    expect(fits(() => store.set('$flow.key.v0', 'x'.repeat(1_048_576), false))).toBe(true);
  });

  it.each([
    [4 * 1_048_576 - 1, true],
    [4 * 1_048_576, true],
    [4 * 1_048_576 + 1, false],
  ])('a template of %i characters with its variables in it fits: %s', (length, expected) => {
    const value = 'x'.repeat(length - 3);
    expect(fits(() => renderText('ab $flow.key.v', 'text', () => ({ value, masked: false })))).toBe(expected);
  });

  it.each([
    [16_384, false],
    [16_385, true],
  ])('a text of %i characters is long: %s', (length, expected) => {
    expect(isLong('x'.repeat(length))).toBe(expected);
    expect(isLong(['x'.repeat(length - 4)])).toBe(expected);
    expect(isLong(exactNumber('9'.repeat(length)))).toBe(expected);
  });

  it.each([
    [127, true],
    [128, true],
    [129, false],
  ])('a name of %i characters is one: %s', (length, expected) => {
    expect(isValidName({ namespace: 'flow.key', name: 'x'.repeat(length) })).toBe(expected);
  });
});

describe('expressions', () => {
  const evaluate = (text: string, value: Json) =>
    evaluateExpression(text, { lookup: () => ({ value, masked: false }), all: () => [] }).ok;

  it.each([
    [1999, true],
    [2000, true],
    [2001, false],
  ])('of %i characters compile: %s', (length, expected) => {
    expect(compileExpression(`"${'x'.repeat(length - 2)}"`).ok).toBe(expected);
  });

  it.each([
    [65_535, true],
    [65_536, true],
    [65_537, false],
  ])('look at a value of %i characters: %s', (length, expected) => {
    expect(evaluate('flow.key.a != ""', 'x'.repeat(length))).toBe(expected);
    expect(evaluate('size(flow.key.a) == 1', ['x'.repeat(length - 4)])).toBe(expected);
  });

  it.each([
    [4999, true],
    [5000, true],
    [5001, false],
  ])('look at %i values in a list: %s', (count, expected) => {
    // The list itself is one.
    expect(evaluate('size(flow.key.a) > 0', Array<Json>(count - 1).fill(1))).toBe(expected);
  });

  it.each([
    ['9223372036854775807', '9223372036854775807'],
    ['9223372036854775808', '9223372036854776000'],
    ['-9223372036854775808', '-9223372036854775808'],
    ['-9223372036854775809', '-9223372036854776000'],
  ])('hold %s as %s: whole numbers of 64 bits keep their digits', (digits, held) => {
    const result = evaluateExpression('flow.key.a', {
      lookup: () => ({ value: exactNumber(digits), masked: false }),
      all: () => [],
    });
    expect(result.ok && JSON.stringify(result.value.value).replaceAll('"', '')).toBe(held);
  });
});

describe('patterns', () => {
  it.each([
    [499, true],
    [500, true],
    [501, false],
  ])('of %i characters are taken: %s', (length, expected) => {
    // A class of many characters is one step of the matcher.
    expect(checkPattern(`[${'a'.repeat(length - 2)}]`).ok).toBe(expected);
  });

  it.each([
    [16_383, true],
    [16_384, true],
    [16_385, false],
  ])('look at a text of %i characters: %s', (length, expected) => {
    expect(matchPattern('x$', 'x'.repeat(length)).ok).toBe(expected);
  });
});

describe('flow documents', () => {
  const problems = (raw: object): readonly string[] =>
    checkFlow(raw, { widgets: widgetCatalogue }).problems.map(({ message }) => message);

  it.each([
    [1999, 0],
    [2000, 0],
    [2001, 1],
  ])('of %i widgets: %i refusals', (count, expected) => {
    const widgets = Object.fromEntries(Array.from({ length: count }, (_, n) => [`w${n}`, { type: 'hangup' }]));
    const found = problems({ id: 'a', name: 'A', start: 'w0', widgets });
    expect(found.filter((message) => message.includes('at most 2000')).length).toBe(expected);
  });

  it.each([
    [47, 0],
    [48, 0],
    [49, 1],
  ])('of %i levels: %i refusals', (levels, expected) => {
    const found = problems({
      id: 'a',
      name: 'A',
      start: 'bye',
      widgets: { bye: { type: 'hangup' } },
      variables: { deep: nested(levels - 2) },
    });
    expect(found.filter((message) => message.includes('deeper than 48')).length).toBe(expected);
  });
});
