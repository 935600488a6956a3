import { err, ok, type Result } from '../../lib/result.js';
import { cmdWords, isCmd, powerShellProblem } from './cmd-words.js';
import { type CurlOption, curlOptions } from './options.js';
import { halfOf, shellWords } from './words.js';

/** The options of one command, and what is to be said about what stood around it. */
export interface CurlCommand {
  readonly options: readonly CurlOption[];
  readonly warnings: readonly string[];
}

/** Why a request without this option would be another one, by name without dashes. */
const NOT_WHOLE: Readonly<Record<string, string>> = {
  next: 'begins a second request; import one request at a time',
  ':': 'begins a second request; import one request at a time',
  'upload-file': 'sends a file, which a webhook cannot',
  T: 'sends a file, which a webhook cannot',
  config: 'reads options from a file, which cannot be imported',
  K: 'reads options from a file, which cannot be imported',
  'aws-sigv4': 'signs the request as AWS wants it, which a webhook cannot',
  parallel: 'makes several requests; import one request at a time',
  Z: 'makes several requests; import one request at a time',
};

/** Reads a command in the quoting of bash or of cmd, whole or not at all. The error is a sentence part. */
export function readCommand(command: string): Result<CurlCommand, string> {
  const powerShell = powerShellProblem(command);
  if (powerShell !== null) return err(powerShell);
  const { text, assigned } = withoutBeginning(command);
  const line = isCmd(text) ? cmdWords(text) : shellWords(text);
  if (!line.ok) return line;
  const [program = '', ...words] = line.value.words;
  if (!/^(?:.*[/\\])?curl(?:\.exe)?$/iu.test(program)) return err('the command does not begin with curl');
  const half = halfOf(line.value.rest);
  if (half !== null) return err(half);
  const options = curlOptions(words);
  if (!options.ok) return options;
  const lost = options.value.find(({ kind }) => kind === 'not-whole');
  if (lost !== undefined) return err(`${lost.name} ${NOT_WHOLE[lost.name.replace(/^-+/u, '')] ?? 'cannot be imported'}`);
  if (options.value.some(({ kind, value }) => kind === 'url' && TYPOGRAPHIC.test(value)))
    return err('it holds the quotes or dashes of printed text (“ ” ‘ ’ –); write the plain ones: " \' -');
  const rest = /^\W*\w+/u.exec(line.value.rest)?.[0];
  const warnings = [
    ...assigned.map((name) => `What is set before curl is not taken over: the value of ${name}.`),
    ...(rest === undefined ? [] : [`What follows curl is left out: ${rest} …`]),
  ];
  return ok({ options: options.value, warnings });
}

/** Quotes and dashes that a word processor puts in the place of plain ones. */
const TYPOGRAPHIC = /^[\u2010-\u2015\u2212]\S|[\u2018-\u201F]/u;

/** Lines and words that stand before curl in what people copy: comments, prompts, `sudo`, variables that are set. */
const COMMENT = /^(?:#|rem\b|::)[^\n]*(?:\n|$)/iu;
const PROMPT = /^(?:(?:PS )?[A-Za-z]:\\[^>\n]*>|[\w.-]+@[^\s'"$#%]*(?: [^\s'"$#%]*)?[$#%]|[$>%])\s+(?=\S)/u;
const RUNNER = /^(?:sudo|time|command|exec|env|nohup)\s+(?=[\w"'./\\])/u;
const ASSIGNED =
  /^(?:(?:export|set|declare(?: -x)?)\s+)?"?([A-Za-z_]\w*)=(?:'[^']*'|"(?:[^"\\]|\\[\s\S])*"|[^\s;&'"|<>()`]*)"?[^\S\n]*(?:;|&&?|\n|(?=\s*\w))\s*/u;

/** The command from `curl` on, and the names of the variables that are set before it. */
function withoutBeginning(command: string): { readonly text: string; readonly assigned: readonly string[] } {
  const assigned: string[] = [];
  let text = command.replaceAll('\r\n', '\n').trimStart();
  for (let before = ''; before !== text;) {
    before = text;
    const name = ASSIGNED.exec(text)?.[1];
    if (name !== undefined) assigned.push(name);
    text = text
      .replace(name === undefined ? COMMENT : ASSIGNED, '')
      .replace(PROMPT, '')
      .replace(RUNNER, '')
      .trimStart();
  }
  // The prompt of a line that goes on: `> -H 'Accept: …'`.
  return { text: text.replace(/\\\n[^\S\n]*>[^\S\n]+(?=["'-]|https?:)/gu, '\\\n'), assigned };
}
