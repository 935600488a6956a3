import { describe, expect, it } from 'vitest';
import { jsonTooBig } from '../../../../src/lib/json/json-limits.js';

describe('the scan before parsing', () => {
  it('counts nesting and members outside of strings', () => {
    expect(jsonTooBig('['.repeat(100) + ']'.repeat(100))).toBeNull();
    expect(jsonTooBig('['.repeat(101) + ']'.repeat(101))).toContain('deeper');
    expect(jsonTooBig('{"a":1},'.repeat(10_000))).toBeNull();
    expect(jsonTooBig('{"a":1},'.repeat(10_001))).toContain('keys');
    expect(jsonTooBig(`"${'[{:\\"'.repeat(20_000)}"`)).toBeNull();
    expect(jsonTooBig('"never closed [[[[')).toBeNull();
    expect(jsonTooBig('{"a":{}}'.repeat(5000))).toBeNull();
    expect(jsonTooBig(`[${'1,'.repeat(99_999)}1]`)).toBeNull();
    expect(jsonTooBig(`[${'1,'.repeat(100_000)}1]`)).toContain('values');
  });

  it('counts lists and objects that no comma parts', () => {
    const nested = '['.repeat(98) + ']'.repeat(98);
    expect(jsonTooBig(`[${Array.from({ length: 1000 }, () => nested).join(',')}]`)).toBeNull();
    expect(jsonTooBig(`[${Array.from({ length: 5000 }, () => nested).join(',')}]`)).toContain('values');
  });
});
