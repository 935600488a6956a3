import { readFileSync } from 'node:fs';
import { parse as parseTolerantly, type ParseError } from 'jsonc-parser';
import { jsonTooBig } from '../lib/json-limits.js';
import { err, ok, type Result } from '../lib/result.js';
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

/** Reads a UTF-8 file, without its byte order mark. */
export function readTextFile(file: string): Result<string, JsonFileError> {
  try {
    return ok(readFileSync(file, 'utf8').replace(/^\uFEFF/, ''));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    const missing = code === 'ENOENT' || code === 'ENOTDIR';
    return err({
      kind: missing ? 'missing' : 'unreadable',
      message: missing ? 'the file does not exist' : `cannot be read (${code})`,
    });
  }
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

/** Line and column of the first mistake. Parts of the text are left out: it may hold secrets. */
function locate(text: string): string {
  const before = text.slice(0, mistakeIn(text)).split('\n');
  return `mistake in line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
}

/** Offset of the first mistake, which V8 does not always tell; the end where it cannot be found. */
function mistakeIn(text: string): number {
  // The other parser calls itself for every level.
  if (jsonTooBig(text) !== null) return text.length;
  const found: ParseError[] = [];
  parseTolerantly(text, found, { disallowComments: true, allowTrailingComma: false });
  return found[0]?.offset ?? text.length;
}
