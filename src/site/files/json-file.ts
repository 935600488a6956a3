import { isUtf8 } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { parse as parseTolerantly, printParseErrorCode, type ParseError } from 'jsonc-parser';
import { jsonTooBig } from '../../lib/json/json-limits.js';
import { err, ok, type Result } from '../../lib/result.js';
import { duplicateNames } from './json-duplicates.js';

/** Why a JSON file gave no document. */
export interface JsonFileError {
  readonly kind: 'missing' | 'unreadable' | 'invalid';
  /** One sentence, with line and column of a mistake where known. */
  readonly message: string;
}

/** Reads and parses a file of settings (UTF-8, byte order mark allowed); see {@link parseSettings}. */
export function readJsonFile(file: string): Result<unknown, JsonFileError> {
  const text = readTextFile(file);
  return text.ok ? parseSettings(text.value) : text;
}

/** Reads a UTF-8 file, without its byte order mark. One in another encoding is refused: its umlauts would be lost in silence. */
export function readTextFile(file: string): Result<string, JsonFileError> {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    const missing = code === 'ENOENT' || code === 'ENOTDIR';
    return err({
      kind: missing ? 'missing' : 'unreadable',
      message: missing ? 'the file does not exist' : `cannot be read (${code})`,
    });
  }
  if (isUtf8(bytes)) return ok(bytes.toString('utf8').replace(/^\uFEFF/, ''));
  return err({ kind: 'unreadable', message: 'is not UTF-8 text; save it with that encoding' });
}

/** Parses JSON text; the error names line and column. */
export function parseJson(text: string): Result<unknown, JsonFileError> {
  try {
    return ok(JSON.parse(text) as unknown);
  } catch {
    return err({ kind: 'invalid', message: `is not JSON: ${locate(text)}` });
  }
}

/** Parses JSON text of which everything counts: a name that an object has twice is a mistake, for the first would silently be lost. */
export function parseSettings(text: string): Result<unknown, JsonFileError> {
  const parsed = parseJson(text);
  const [duplicate] = parsed.ok ? duplicateNames(text) : [];
  if (duplicate === undefined) return parsed;
  const { path, line } = duplicate;
  return err({ kind: 'invalid', message: `has ${path} twice, the second time in line ${line}` });
}

/** Line and column of the first mistake, and what it is. Parts of the text are left out: it may hold secrets. */
function locate(text: string): string {
  if (text.trim() === '') return 'it is empty';
  const { offset, kind } = mistakeIn(text);
  const before = text.slice(0, offset).split('\n');
  const why = reason(text.slice(0, offset).trimEnd(), text.slice(offset, offset + 2), kind);
  return `mistake in line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}${why === null ? '' : `: ${why}`}`;
}

/** What people do who know JavaScript or come from a word processor. */
function reason(before: string, at: string, kind: string): string | null {
  if (at === '//' || at === '/*') return 'JSON has no comments';
  if (before.endsWith(',') && /^[}\]]/u.test(at)) return 'no comma may stand before a closing bracket';
  if (/^['‘’“”„]/u.test(at)) return 'names and texts stand in straight double quotes';
  return kind === 'CommaExpected' ? 'a comma is missing before it' : null;
}

/** Offset and kind of the first mistake, which V8 does not always tell; the end where it cannot be found. */
function mistakeIn(text: string): { readonly offset: number; readonly kind: string } {
  // The other parser calls itself for every level.
  const found: ParseError[] = [];
  if (jsonTooBig(text) === null) parseTolerantly(text, found, { disallowComments: true, allowTrailingComma: false });
  const [first] = found;
  return first === undefined
    ? { offset: text.length, kind: '' }
    : { offset: first.offset, kind: printParseErrorCode(first.error) };
}
