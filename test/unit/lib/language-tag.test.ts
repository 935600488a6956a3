import { expect, it } from 'vitest';
import { isLanguageTag } from '../../../src/lib/language-tag.js';

it.each(['en', 'en-US', 'de-CH', 'zh-Hans-CN', 'sr-Latn', 'fil', 'es-419', 'EN-gb', 'ca-valencia', 'eng'])(
  '%s is a language',
  (tag) => {
    expect(isLanguageTag(tag)).toBe(true);
  },
);

it.each(['', 'english', 'German', 'en_US', 'en-', 'e', 'x-mine', 'en us', '419'])('“%s” is none', (tag) => {
  expect(isLanguageTag(tag)).toBe(false);
});
