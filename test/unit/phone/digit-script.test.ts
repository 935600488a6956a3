import { describe, expect, it } from 'vitest';
import { parseDigitScript } from '../../../src/phone/digit-script.js';

describe('parseDigitScript', () => {
  it('reads keys, pauses and waits for the prompt', () => {
    expect(parseDigitScript('~1 wW, a#')).toEqual({
      ok: true,
      value: [
        { kind: 'prompt-end' },
        { kind: 'press', key: '1' },
        { kind: 'wait', ms: 500 },
        { kind: 'wait', ms: 1000 },
        { kind: 'press', key: 'A' },
        { kind: 'press', key: '#' },
      ],
    });
  });

  it('names what means nothing', () => {
    expect(parseDigitScript('12x')).toMatchObject({ ok: false, error: expect.stringContaining('"x"') as string });
    expect(parseDigitScript('1'.repeat(1001))).toMatchObject({ ok: false });
  });
});
