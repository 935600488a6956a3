import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DOTTED_NAMESPACES, formatName, type VariableName } from '../../../../src/flow/variables/names.js';
import { parseName, scan, variablesIn } from '../../../../src/flow/variables/scanner.js';

const names = (template: string): readonly string[] => variablesIn(template).map(formatName);
const joined = (template: string): string =>
  scan(template)
    .map((token) => (token.kind === 'variable' ? token.source : token.text))
    .join('');

// docs/behaviour.md#variables-in-text
describe('one scanner for the three dialects', () => {
  test.each([
    ['$flow.key.order', ['$flow.key.order']],
    ['$flow.syskey.apiVersion', ['$flow.syskey.apiVersion']],
    ['$user.key.lang and $user.syskey.contactNumber', ['$user.key.lang', '$user.syskey.contactNumber']],
    ['$call.cli', ['$call.cli']],
    ['$call.sipheader.X-Account-Id', ['$call.sipheader.X-Account-Id']],
    ['$sys.datetime', ['$sys.datetime']],
    ['$PARAM_NAME', ['$PARAM_NAME']],
    ['$widget.look-up.status', ['$widget.look-up.status']],
    ['$secret.shop', ['$secret.shop']],
    ['$flow.key.a$flow.key.b', ['$flow.key.a', '$flow.key.b']],
    ['A-$flow.key.a-$flow.key.b', ['$flow.key.a', '$flow.key.b']],
    ['$A_B1/$C', ['$A_B1', '$C']],
  ])('%s', (template, expected) => {
    expect(names(template)).toEqual(expected);
  });

  test('$$ is a literal dollar, and what follows it is no variable', () => {
    expect(scan('$$flow.key.x costs $$5')).toEqual([{ kind: 'text', text: '$flow.key.x costs $5' }]);
    expect(names('$$$flow.key.x')).toEqual(['$flow.key.x']);
  });

  test.each(['$', 'costs $5', '$[0].userId', 'a$', '$.data', '^\\d+$', '$-', '$ flow.key.x'])('%s stays as it is', (template) => {
    expect(scan(template)).toEqual([{ kind: 'text', text: template }]);
  });

  test.each(['$flow.kee.x', '$order', '$call', '$flow.key.', '$users.key.x'])(
    '%s is reported as suspect and kept as text',
    (template) => {
      expect(scan(template).map(({ kind }) => kind)).toContain('suspect');
      expect(joined(template)).toBe(template);
    },
  );
});

// docs/behaviour.md#variable-names
describe('names', () => {
  test('a dot or dash that ends the name belongs to the sentence', () => {
    expect(scan('Your order is $flow.key.order.')).toMatchObject([{}, { source: '$flow.key.order' }, { text: '.' }]);
    expect(scan('$flow.key.file.json')).toMatchObject([{ source: '$flow.key.file' }, { text: '.json' }]);
    expect(scan('$flow.key.order-')).toMatchObject([{ source: '$flow.key.order' }, { text: '-' }]);
  });

  test('other names go in braces', () => {
    expect(parseName('$flow.key.{any name: even “this”}')).toEqual({ namespace: 'flow.key', name: 'any name: even “this”' });
    expect(formatName({ namespace: 'flow.key', name: 'any name' })).toBe('$flow.key.{any name}');
  });

  test('a name is only parsed when nothing stands around it', () => {
    expect(parseName('$flow.key.order ')).toBeNull();
    expect(parseName('order')).toBeNull();
  });
});

describe('properties', () => {
  const plainName = fc.stringMatching(/^[A-Za-z0-9_]([A-Za-z0-9_-]{0,20}[A-Za-z0-9_])?$/);
  const bracedName = fc.string({ minLength: 1, maxLength: 40 }).filter((name) => !/[{}]/.test(name));
  const variable = fc.oneof(
    fc.record({
      namespace: fc.constantFrom('flow.key', 'flow.syskey', 'user.key', 'user.syskey'),
      name: fc.oneof(plainName, bracedName),
    }),
    fc.record({ namespace: fc.constant('param'), name: fc.stringMatching(/^[A-Z][A-Z0-9_]{0,20}$/) }),
  ) satisfies fc.Arbitrary<VariableName>;

  test('every variable is found again from the way it is written', () => {
    fc.assert(
      fc.property(variable, (name) => {
        expect(parseName(formatName(name))).toEqual(name);
      }),
    );
  });

  test('variables between text without $ are found in order, and no text is lost', () => {
    const text = fc.string({ maxLength: 10 }).map((raw) => ` ${raw.replaceAll('$', '')} `);
    fc.assert(
      fc.property(fc.array(fc.tuple(text, variable)), (parts) => {
        const template = parts.map(([before, name]) => before + formatName(name)).join('');
        expect(variablesIn(template)).toEqual(parts.map(([, name]) => name));
        expect(joined(template)).toBe(template);
      }),
    );
  });

  test('nothing is lost of any template without $$, and no template is too odd', () => {
    const piece = fc.oneof(fc.string(), fc.constantFrom('$', '.', '{', '}', ...DOTTED_NAMESPACES.map((name) => `$${name}.`)));
    const template = fc.array(piece).map((pieces) => pieces.join('').replace(/\$\$+/g, '$'));
    fc.assert(
      fc.property(template, (text) => {
        expect(joined(text)).toBe(text);
      }),
    );
  });

  test('an escaped template is itself again', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(joined(text.replaceAll('$', '$$$$'))).toBe(text);
      }),
    );
  });
});
