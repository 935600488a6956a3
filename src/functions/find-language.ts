import { francAll } from 'franc-min';
import { z } from 'zod';
import { ok } from '../lib/result.js';
import { textInput, wholeInput } from './contract/fields.js';
import { defineFunction } from './contract/function.js';

/** Characters that are looked at; more tell nothing new. */
const MAX_TEXT = 10_000;

/** ISO 639-3 of the detector → the tag everybody else uses (`deu` → `de`, `cmn` → `zh`). */
function tagOf(code: string): string {
  const tag = Intl.getCanonicalLocales(code)[0] ?? code;
  return new Intl.Locale(tag).language;
}

/** `de-AT, en` as languages without region. */
const languageList = textInput(400).transform((text, context): ReadonlySet<string> => {
  const words = text.split(/[\s,;]+/u).filter((word) => word !== '');
  try {
    return new Set(words.map((word) => new Intl.Locale(Intl.getCanonicalLocales(word)[0] ?? word).language));
  } catch {
    context.addIssue({ code: 'custom', message: 'must be language tags with commas between them, e.g. en,es,de' });
    return z.NEVER;
  }
});

/** Guesses the language of a text. */
export const findLanguage = defineFunction({
  name: 'FindLanguage',
  summary: 'Guesses the language of a text.',
  docs: `It compares the letter groups of the text with those of the languages that most people speak. A sentence is enough as a rule, a word is
not. A text that is too short, or that fits none of \`languages\`, is no failure: \`$flow.key.language\` is then \`und\` with confidence 0.`,
  inputs: z.object({
    text: textInput(MAX_TEXT).describe('The text.'),
    languages: languageList
      .optional()
      .describe('Only these may be found, e.g. `en,es,de`. Give them whenever you know them: fewer choices, better guesses.'),
    minLength: wholeInput(1, 1000).default(10).describe('Texts with fewer characters are not guessed at.'),
  }),
  outputs: {
    '$flow.key.language': 'language tag such as `de`, or `und`',
    '$flow.key.languageConfidence':
      '0 … 1: 0.5 means a second language fits as well, 1 that no other is possible, 0 that none was found',
  },
  example: [
    { name: '$flow.key.text', value: 'Guten Tag, ich möchte einen Termin vereinbaren.' },
    { name: '$flow.key.languages', value: 'de,en,es' },
  ],
  run({ text, languages, minLength }) {
    const scored = francAll(text, { minLength }).map(([code, score]) => ({ tag: code === 'und' ? 'und' : tagOf(code), score }));
    const [first, second] = scored.filter(({ tag }) => tag !== 'und' && (languages?.has(tag) ?? true));
    const confidence = first === undefined ? 0 : first.score / (first.score + (second?.score ?? 0) || 1);
    return ok({
      '$flow.key.language': first?.tag ?? 'und',
      '$flow.key.languageConfidence': Math.round(confidence * 100) / 100,
    });
  },
});
