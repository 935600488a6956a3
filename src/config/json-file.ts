import { readFileSync } from 'node:fs';
import { err, ok, type Result } from '../lib/result.js';

/** Why a JSON file gave no document. */
export interface JsonFileError {
  readonly kind: 'missing' | 'unreadable' | 'invalid';
  /** One sentence, with line and column of a mistake where known. */
  readonly message: string;
}

/** Reads and parses a JSON file (UTF-8, byte order mark allowed). */
export function readJsonFile(file: string): Result<unknown, JsonFileError> {
  const text = readTextFile(file);
  return text.ok ? parseJson(text.value) : text;
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
  } catch (error) {
    return err({ kind: 'invalid', message: `is not JSON: ${locate(text, error instanceof Error ? error.message : '')}` });
  }
}

/** V8 names the offset of a mistake; people want line and column. Parts of the text are left out: it may hold secrets. */
function locate(text: string, message: string): string {
  const found = /position (\d+)/.exec(message);
  const offset = found ? Number(found[1]) : text.length;
  const before = text.slice(0, offset).split('\n');
  return `mistake in line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
}
