import { describe, expect, it } from 'vitest';
import { exactNumber } from '../../../../src/lib/number/exact-number.js';
import { udfValues } from '../../../../src/flow/journal/udf.js';
import { portableJsonText } from '../../../../src/lib/json/json-text.js';

describe('report columns', () => {
  const variables = [
    { name: '$flow.key.id', value: exactNumber('7615917337495251231'), masked: false },
    { name: '$flow.key.price', value: exactNumber('12.50'), masked: false },
    { name: '$flow.key.text', value: ' 007.10 ', masked: false },
  ];
  const column = (name: string, type: 'string' | 'number' | 'json') => ({ name, variable: `$flow.key.${name}`, type });

  it.each([
    ['string', '{"id":"7615917337495251231","price":"12.50","text":" 007.10 "}'],
    ['number', '{"id":"7615917337495251231","price":12.50,"text":7.1}'],
    ['json', '{"id":"7615917337495251231","price":12.50,"text":" 007.10 "}'],
  ] as const)('of type %s have the digits of their variables', (type, expected) => {
    expect(portableJsonText(udfValues([column('id', type), column('price', type), column('text', type)], variables))).toBe(
      expected,
    );
  });
});
