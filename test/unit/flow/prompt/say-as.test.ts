import { describe, expect, test } from 'vitest';
import { sayAs } from '../../../../src/flow/prompt/say-as.js';

const english = { language: 'en-US', timeZone: 'Europe/Vienna' };
const german = { language: 'de-DE', timeZone: 'Europe/Vienna' };

describe('say-as', () => {
  test.each([
    ['digits', '0042', '0 0 4 2'],
    ['digits', '+43 (1) 55-66#', 'plus 4 3 1 5 5 6 6 pound'],
    ['number', '1204', 'one thousand two hundred four'],
    ['number', '-12.05', 'minus twelve point zero five'],
    ['number', '12.50', 'twelve point five zero'],
    ['digits', '7615917337495251231', '7 6 1 5 9 1 7 3 3 7 4 9 5 2 5 1 2 3 1'],
    [
      'number',
      '123456789012345',
      'one hundred twenty-three trillion four hundred fifty-six billion seven hundred eighty-nine million twelve thousand three hundred forty-five',
    ],
    ['number', '1234567890123456', '1234567890123456'],
    ['number', '0012', 'twelve'],
    ['number', '1000000', 'one million'],
    ['number', 'twelve', 'twelve'],
    ['date', '2026-03-21', 'March twenty-first, twenty twenty-six'],
    ['date', '2005-12-31', 'December thirty-first, two thousand five'],
    ['date', '2026-03-01T23:30:00Z', 'March second, twenty twenty-six'],
    ['date', 'tomorrow', 'tomorrow'],
    ['time', '14:05', 'two oh five P M'],
    ['time', '00:00:00', 'twelve A M'],
    ['time', '2026-07-01T10:30:00Z', 'twelve thirty P M'],
  ] as const)('%s of %s', (kind, value, expected) => {
    expect(sayAs(kind, value, english)).toBe(expected);
  });

  test.each([
    ['12.50', 'USD', 'twelve US dollars and fifty cents'],
    ['1', 'EUR', 'one euro'],
    ['0.01', 'GBP', 'one penny'],
    ['-3', 'EUR', 'minus three euros'],
    ['500', 'JPY', 'five hundred Japanese yen'],
    ['1.234', 'EUR', 'one point two three four euros'],
    ['7', 'nonsense', 'seven nonsense'],
    ['free', 'EUR', 'free'],
  ])('currency: %s %s', (value, currency, expected) => {
    expect(sayAs('currency', value, { ...english, currency })).toBe(expected);
  });

  test('other languages are read as their locale writes them', () => {
    expect(sayAs('digits', '12', german)).toBe('1 2');
    expect(sayAs('number', '1204', german)).toBe('1204');
    expect(sayAs('number', '-123456789012345.12345678', german)).toBe('-123456789012345,12345678');
    expect(sayAs('number', '+12.50', german)).toBe('12,50');
    expect(sayAs('date', '2026-03-21', german)).toBe('21. März 2026');
    expect(sayAs('time', '14:05', german)).toBe('14:05');
    expect(sayAs('currency', '12.50', { ...german, currency: 'EUR' })).toBe('12,50 Euro');
    expect(sayAs('date', '2026-03-21', { ...german, language: 'not a tag' })).toBe('March 21, 2026');
  });
});
