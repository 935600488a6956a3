import type { JsonObject } from '../../lib/json/json.js';
import type { CurlOption } from './options.js';
import type { Placeholders } from './placeholders.js';
import type { SecretNames } from './secret-names.js';

/** Most rows of headers or query, and longest value of one, as the widget takes them. */
export const MAX_ROWS = 100;
export const MAX_VALUE = 4096;

/** What is gathered while the options are read. */
export interface Draft {
  readonly options: readonly CurlOption[];
  /** Of the URL, with its port where it names one. */
  readonly host: string;
  readonly secrets: SecretNames;
  readonly warnings: string[];
  readonly places: Placeholders;
  /** What became of the parts. */
  readonly done: string[];
  auth: JsonObject | null;
}

/** True when the command has an option of that kind. */
export function has(options: readonly CurlOption[], kind: CurlOption['kind']): boolean {
  return options.some((option) => option.kind === kind);
}

/** The text without its percent-coding; as it is where that is not valid. */
export function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
