/*
 * Which letters a voice reads. A voice leaves out what it does not know, without a word: who listens hears a sentence with a hole.
 */

/** Scripts (ISO 15924) that are written with several of Unicode's. */
const SEVERAL: Readonly<Record<string, readonly string[]>> = {
  Hans: ['Hani', 'Bopo'],
  Hant: ['Hani', 'Bopo'],
  Jpan: ['Hani', 'Hira', 'Kana'],
  Kore: ['Hang', 'Hani'],
};

/** Scripts by the name under which they are told. */
const NAMES = ['Han', 'Hiragana', 'Katakana', 'Hangul', 'Cyrillic', 'Greek', 'Arabic', 'Hebrew', 'Devanagari', 'Thai', 'Latin'];
const named = NAMES.map((name) => [name, new RegExp(`\\p{Script=${name}}`, 'u')] as const);

/** A letter that no voice of the language reads; by language. */
const foreign = new Map<string, RegExp | null>();

/** Every voice reads Latin letters besides those of its language. Null: nothing is known of the language. */
function foreignTo(language: string): RegExp | null {
  const known = foreign.get(language);
  if (known !== undefined) return known;
  const made = patternFor(language);
  if (foreign.size < 100) foreign.set(language, made);
  return made;
}

function patternFor(language: string): RegExp | null {
  try {
    const { script } = new Intl.Locale(language).maximize();
    if (script === undefined) return null;
    const read = ['Latn', 'Zyyy', 'Zinh', ...(SEVERAL[script] ?? [script])];
    return new RegExp(`(?!${read.map((each) => `\\p{Script=${each}}`).join('|')})\\p{L}`, 'u');
  } catch {
    // A tag or a script that this Node.js does not know.
    return null;
  }
}

/** What of a text a voice does not read. */
export interface UnreadText {
  /** How many words have a letter it does not know. */
  readonly words: number;
  /** Their scripts, e.g. `Han`. */
  readonly scripts: readonly string[];
  /** Nothing else is in the text: played, it would be silence. */
  readonly all: boolean;
}

/** What of a text a voice of that language does not read, or null when it reads all of it. `symbols`: it has words for pictures too. */
export function findUnreadText(text: string, language: string, { symbols }: { readonly symbols: boolean }): UnreadText | null {
  const pattern = foreignTo(language);
  const unread = pattern === null ? [] : text.split(/\s+/u).filter((word) => pattern.test(word));
  const readable = pattern === null ? text : text.replace(new RegExp(pattern, 'gu'), '');
  const hasWords = /[\p{L}\p{N}#$%&+=@*^<>~|\\/]/u.test(readable) || (symbols && /\p{S}/u.test(readable));
  const all = !hasWords && (unread.length > 0 || /\p{S}/u.test(text));
  if (unread.length === 0 && !all) return null;
  const letters = unread.join('');
  const scripts = named.filter(([, script]) => script.test(letters)).map(([name]) => name);
  return {
    words: unread.length,
    scripts: scripts.filter((name) => name !== 'Latin'),
    all,
  };
}

/** Letters that stand for others and do not come apart by normalization (Unicode Standard Annex 15). */
const LATIN: Readonly<Record<string, string>> = {
  ß: 'ss',
  ẞ: 'SS',
  æ: 'ae',
  Æ: 'AE',
  œ: 'oe',
  Œ: 'OE',
  ø: 'o',
  Ø: 'O',
  ł: 'l',
  Ł: 'L',
  đ: 'd',
  Đ: 'D',
  ð: 'd',
  Ð: 'D',
  þ: 'th',
  Þ: 'Th',
  ı: 'i',
};

/** Latin text in the letters of ASCII, for a voice that knows no others and would leave them out: `Čapek` is said as `Capek`. */
export function asciiLetters(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/(\p{Script=Latin})\p{M}+/gu, '$1')
    .replace(/[^\p{ASCII}]/gu, (letter) => LATIN[letter] ?? letter);
}
