import { CODES } from '../lib/codes.js';
import type { Result } from '../lib/result.js';
import type { Refusal } from '../model/refusal.js';
import { problemLines } from './problems.js';
import { portableJsonText } from '../lib/json/json-text.js';

/** How a command speaks: for people, or as JSON. */
export interface Output {
  readonly print: (text: string) => void;
  readonly json: boolean;
}

/** Prints a result and gives the exit code: 0, or 1 for what was refused, with what to do about it. */
export function finish<T>({ print, json }: Output, result: Result<T, Refusal>, lines: (value: T) => readonly string[]): number {
  if (result.ok) {
    print(json ? portableJsonText(result.value, 2) : lines(result.value).join('\n'));
    return 0;
  }
  const { code, message, problems } = result.error;
  const { advice } = CODES[code];
  if (json) print(JSON.stringify({ error: { code, message, advice }, problems }, null, 2));
  else print([`✗ ${message}`, `    ${advice}  [${code}]`, ...problemLines(problems)].join('\n'));
  return 1;
}

/** A table with its columns in line. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
