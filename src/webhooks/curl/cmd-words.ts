import { err, ok, type Result } from '../../lib/result.js';

/** True for a command in the quoting of Windows’ cmd, as browsers copy it: a caret at the end of a line, or before a quote. */
export function isCmd(text: string): boolean {
  return /\^[ \t]*(?:\r?\n|$)|\^\\?\^?"/u.test(text);
}

/** Why a command in the quoting of PowerShell cannot be read; null for any other. */
export function powerShellProblem(text: string): string | null {
  const isPowerShell =
    /^\s*(?:\$\w+\s*=|(?:invoke-(?:webrequest|restmethod)|iwr|irm)\b)/iu.test(text) || /(?<!`[^`\n]*)`[ \t]*\r?\n/u.test(text);
  return isPowerShell ? 'it is written for PowerShell; copy it as cURL (bash) or as cURL (cmd)' : null;
}

/**
 * Takes a command apart as cmd and a Windows program do: a caret takes the meaning of the character behind it, a line that ends in one
 * goes on; then quotes hold words together, and `\"` or `""` is a quote inside them. The error is a sentence.
 */
export function cmdWords(text: string): Result<{ readonly words: readonly string[]; readonly rest: string }, string> {
  const line = text.trim();
  if (/\^$/u.test(line)) return err('it ends in ^: something is missing behind it');
  const plain = line
    .replace(/\^\r?\n\r?\n/gu, '\u0000')
    .replace(/\^[ \t]*\r?\n[ \t]*/gu, ' ')
    .replace(/\^([^\r\n])/gu, '$1')
    .replaceAll('\u0000', '\n');
  return windowsWords(plain);
}

/** In order: backslashes before a quote, two quotes, a quote, blanks, the end of a command, anything else. */
const PIECE = /(\\+)"|(")|([ \t]+)|([\r\n&|<>])|([^\\" \t\r\n&|<>]+|\\+)/uy;

/** The words of a Windows command line: an even number of backslashes before a quote are half as many, an odd number make it a character. */
function windowsWords(line: string): ReturnType<typeof cmdWords> {
  const words: string[] = [];
  let word: string[] = [];
  let quoted = false;
  const add = (text: string): void => {
    word.push(text);
  };
  const end = (): void => {
    if (word.length > 0) words.push(word.join(''));
    word = [];
  };
  PIECE.lastIndex = 0;
  for (let at = 0; at < line.length; at = PIECE.lastIndex) {
    const [whole = '', slashes, quote, blank, over] = PIECE.exec(line) ?? [];
    if (whole === '') break;
    if (slashes !== undefined) {
      add('\\'.repeat(Math.floor(slashes.length / 2)));
      if (slashes.length % 2 === 1) add('"');
      else PIECE.lastIndex -= 1;
    } else if (quote !== undefined) {
      const doubled = quoted && line.charAt(at + 1) === '"';
      if (doubled) PIECE.lastIndex += 1;
      else quoted = !quoted;
      add(doubled ? '"' : '');
    } else if (quoted || (blank ?? over) === undefined) add(whole);
    else {
      end();
      if (over !== undefined) return ok({ words, rest: line.slice(at) });
    }
  }
  if (quoted) return err('a quote is not closed');
  end();
  return ok({ words, rest: '' });
}
