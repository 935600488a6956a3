import { describe, expect, it } from 'vitest';
import { projectFiles, textOf } from './support/citations.js';

/*
 * Phrases that docs/contributing/style.md rules out, because a reader whose first language is not English stops at them. Error codes,
 * command help and descriptions of the API are texts of `src`; the pages made from them are in `docs`.
 */

const PHRASES = /\b(?:told of|whoever|be it|so long)\b/giu;

/** A text in one line, so that a phrase is found over a line break, also inside a comment. */
const flat = (text: string): string => text.replace(/\n[ \t]*(?:\/\/|\*|>|\|)?[ \t]*/gu, ' ');

/** The phrases in a text, in small letters. */
const phrasesIn = (text: string): readonly string[] =>
  [...flat(text).matchAll(PHRASES)].map(([phrase]) => phrase.toLowerCase().replaceAll(/\s+/gu, ' '));

const STYLE = 'docs/contributing/style.md';
const files = projectFiles().filter(
  (file) =>
    /^(?:(?:src|docs|scripts|schemas)\/.*|[A-Z]+)\.(?:ts|mjs|md|json)$/u.test(file) && file !== STYLE && file !== 'CHANGELOG.md',
);

describe('phrases that the style page rules out', () => {
  it('are found in any case and over a line break, and not inside other words', () => {
    expect(phrasesIn('/**\n * Told\n * of it. Whoever, be it // so\n// long')).toEqual([
      'told of',
      'whoever',
      'be it',
      'so long',
    ]);
    expect(phrasesIn('untold office, maybe italic, also longer')).toEqual([]);
  });

  it('are those that the style page names', () => {
    const page = textOf(STYLE);
    expect(['told of', 'whoever', 'be it', 'so long'].filter((phrase) => !page.includes(`"${phrase}"`))).toEqual([]);
  });

  it.each(['src', 'docs', 'scripts', 'schemas', ''])('stand in no text of %j', (folder) => {
    const inside = files.filter((file) => (folder === '' ? !file.includes('/') : file.startsWith(`${folder}/`)));
    expect(inside).not.toEqual([]);
    const found = inside.flatMap((file) => phrasesIn(textOf(file)).map((phrase) => `${file}: ${phrase}`));
    expect(found).toEqual([]);
  });
});
