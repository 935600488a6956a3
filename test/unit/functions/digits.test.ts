import { describe, expect, it } from 'vitest';
import { asText } from '../../../src/flow/variables/escape.js';
import { isExact } from '../../../src/lib/number/exact-number.js';
import { jsonText, parseExact } from '../../../src/lib/json/json-text.js';
import { readInputs } from '../../../src/functions/contract/keys.js';
import { readAnswer, readRequest, requestText } from '../../../src/functions/contract/wire.js';
import { dateCompare } from '../../../src/functions/date-compare.js';

const KEYS = '[{"name":"$flow.key.id","value":7615917337495251231},{"name":"$flow.key.list","value":[12.50,{"a":1e400}]}]';

describe('numbers of functions keep their digits', () => {
  it('in a request that comes, and in one that goes', () => {
    const text = `{"method":"m","keys":${KEYS}}`;
    const read = readRequest(text);
    expect(read.ok && requestText(read.value)).toBe(text);
  });

  it('in an answer', () => {
    const keys = readAnswer(parseExact(`{"keys":${KEYS}}`));
    expect(keys.ok && jsonText(keys.value)).toBe(KEYS);
    expect(keys.ok && isExact(keys.value[0]?.value)).toBe(true);
    expect(keys.ok && asText(keys.value[0]?.value)).toBe('7615917337495251231');
  });

  it('as the text of an input of ours', () => {
    const date = (text: string) => readInputs(dateCompare, [{ name: '$flow.key.date1', value: parseExact(text) as never }]);
    expect(date('7615917337495251231')).toEqual(
      readInputs(dateCompare, [{ name: '$flow.key.date1', value: '7615917337495251231' }]),
    );
    expect(date('12.50')).toEqual(readInputs(dateCompare, [{ name: '$flow.key.date1', value: 12.5 }]));
  });
});
