import { err, ok, type Result } from '../../lib/result.js';

/** What `$'…'` spells with a backslash (bash, ANSI-C quoting). */
const ESCAPES: Readonly<Record<string, string>> = {
  a: '\u0007',
  b: '\b',
  e: '\u001b',
  E: '\u001b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  "'": "'",
  '"': '"',
  '?': '?',
};

/** The output of a command inside double quotes: `$(…)`, with one level of brackets inside, and the older form in backticks. */
const OUTPUT = String.raw`\$\((?:[^()]|\([^()]*\))*\)`;
const OLD_OUTPUT = /(?<!\\)`((?:\\[\s\S]|[^`\\])*)`/gu;

/**
 * In order: a line that goes on, `$'…'`, `'…'`, `"…"`, a backslash, where output goes (`2>/dev/null`), a place to fill in (`<id>`), the
 * end of a command, a comment, blanks, plain text.
 */
const PIECE = new RegExp(
  [
    String.raw`(\\\r?\n)`,
    String.raw`\$'((?:\\[\s\S]|[^'\\])*)'`,
    String.raw`'([^']*)'`,
    String.raw`"((?:\\[\s\S]|${OUTPUT}|\$(?!\()|[^"\\$])*)"`,
    String.raw`\\([\s\S])`,
    String.raw`((?<=^|\s)(?:\d|&)?>{1,2}\|?(?:&[\d-]|[^\S\n]*(?:'[^']*'|"[^"]*"|[^\s'"\\;&|<>()]+)))`,
    String.raw`(<[A-Za-z][\w.]*(?:[ -][\w.]+)*>)`,
    String.raw`([;&|<>()\n]|${'`'})`,
    String.raw`((?<=^|\s)#[^\n]*)`,
    String.raw`([^\S\n]+)`,
    String.raw`([^\s'"\\;&|<>()${'`'}]+)`,
  ].join('|'),
  'uy',
);

/**
 * Takes a command line apart as bash does: quotes, `$'…'`, lines that go on. Nothing is run and nothing put in: `$NAME` stays as it is
 * written. Ends at the first `;`, `|`, `&`, redirection or line; what is behind it is told by `rest`. The error is a sentence.
 */
export function shellWords(text: string): Result<{ readonly words: readonly string[]; readonly rest: string }, string> {
  const words: string[] = [];
  let word: string | null = null;
  let output = '';
  PIECE.lastIndex = 0;
  const line = text.trim();
  while (PIECE.lastIndex < line.length) {
    const at = PIECE.lastIndex;
    const found = PIECE.exec(line);
    if (found === null)
      return err(line.slice(at) === '\\' ? 'it ends in \\: something is missing behind it' : 'a quote is not closed');
    const [, goesOn, ansi, single, double, escaped, redirection, place, end, comment, blank, plain] = found;
    if (redirection !== undefined) output = redirection;
    const piece = ansi === undefined ? (single ?? doubled(double) ?? escaped ?? place ?? plain) : unescaped(ansi);
    if (end !== undefined) {
      if (word !== null) words.push(word);
      return ok({ words, rest: line.slice(at) });
    }
    if (piece !== undefined) word = (word ?? '') + piece;
    else if (goesOn === undefined && (blank ?? comment) !== undefined && word !== null) {
      words.push(word);
      word = null;
    }
  }
  if (word !== null) words.push(word);
  return ok({ words, rest: output });
}

/** Why what is behind a command is a part of it that would be lost; null when it is another command, a pipe or an output file. */
export function halfOf(rest: string): string | null {
  if (/^&(?![&>\s]|$)/u.test(rest))
    return 'an & stands outside of quotes, where the shell ends the command; put the address into quotes';
  if (/^[()`]/u.test(rest) || /^<\(/u.test(rest)) return 'a part of it is the output of another command, which is not run here';
  if (/^<<?/u.test(rest)) return 'a part of it is read from a file or from what follows, which cannot be imported';
  if (/^[\r\n;]\s*-{1,2}[A-Za-z]/u.test(rest)) return 'a line does not end in \\, although the command goes on behind it';
  return null;
}

/** Inside double quotes a backslash only means something before these. */
function doubled(text: string | undefined): string | undefined {
  return text?.replace(OLD_OUTPUT, '$($1)').replace(/\\(?:(["\\$`])|\r?\n)/gu, '$1');
}

function unescaped(text: string): string {
  const escape = /\\(?:([abeEfnrtv\\'"?])|x[\da-fA-F]{1,2}|u[\da-fA-F]{1,4}|U[\da-fA-F]{1,8}|[0-7]{1,3})/gu;
  return text.replace(escape, (all, simple?: string) => {
    if (simple !== undefined) return ESCAPES[simple] ?? '';
    const code = /\d/u.test(all.charAt(1)) ? Number.parseInt(all.slice(1), 8) & 0xff : Number.parseInt(all.slice(2), 16);
    return code > 0x10_ffff ? all : String.fromCodePoint(code);
  });
}
