import { describe, expect, it } from 'vitest';
import { asciiLetters, findUnreadText } from '../../../../src/speech/voices/scripts.js';
import { speakable } from '../../../../src/speech/voices/spoken-text.js';

const bundled = { symbols: false };

describe('words a voice does not read', () => {
  it.each([
    ['Hello 漢字 world', 'en-US', { words: 1, scripts: ['Han'], all: false }],
    ['Dear Иван Петров, welcome', 'en-GB', { words: 2, scripts: ['Cyrillic'], all: false }],
    ['漢字', 'en', { words: 1, scripts: ['Han'], all: true }],
    ['Привет, мир!', 'de-DE', { words: 2, scripts: ['Cyrillic'], all: true }],
    ['カタカナ ひらがな', 'en', { words: 2, scripts: ['Hiragana', 'Katakana'], all: true }],
    ['Hallo 漢字', 'ru', { words: 1, scripts: ['Han'], all: false }],
    ['fooбар', 'en', { words: 1, scripts: ['Cyrillic'], all: false }],
    ['10Ω', 'en', { words: 1, scripts: ['Greek'], all: false }],
    ['☎ 📞', 'en', { words: 0, scripts: [], all: true }],
    ['ሰላም 5', 'en', { words: 1, scripts: [], all: false }],
  ])('%s in %s', (text, language, expected) => {
    expect(findUnreadText(text, language, bundled)).toEqual(expected);
  });

  it.each([
    ['Zoë Čapek, straße', 'en-US'],
    ['Привет, world', 'ru-RU'],
    ['こんにちは、世界 ラーメン', 'ja'],
    ['你好', 'zh-Hant-TW'],
    ['한국어 漢字', 'ko'],
    ['Здраво zdravo', 'sr'],
    ['Thanks 😀, 5 €', 'en'],
    ['...', 'en'],
    ['— – …', 'en'],
    ['漢字', 'tlh-x-odd'],
    ['$5 & more', 'en'],
    ['#', 'en'],
    ['', 'en'],
  ])('%s in %s is read whole', (text, language) => {
    expect(findUnreadText(text, language, bundled)).toBeNull();
  });

  it('a picture is a word for a voice that has words for them', () => {
    expect(findUnreadText('☎', 'en', { symbols: true })).toBeNull();
  });
});

it('Latin letters lose their marks for a voice that knows ASCII alone, and other letters stay', () => {
  expect(asciiLetters('Zoë Čapek, Łódź, straße, Ærø, naïve ﬁne')).toBe('Zoe Capek, Lodz, strasse, AEro, naive fine');
  expect(asciiLetters('漢字 Йод')).toBe('漢字 Йод'.normalize('NFKD'));
});

it('digits of every script and full-width letters are those of ASCII', () => {
  expect(speakable('٠١٢٣٤٥٦٧٨٩ ০৯ ０９ ＡＢｃ 𝟘𝟡')).toBe('0123456789 09 09 ABc 09');
});
