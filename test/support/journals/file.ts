import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { JsonObject } from '../../../src/lib/json/json.js';

/* The files of `test/journals/`: one recorded call each. */

export const JOURNALS = fileURLToPath(new URL('../../journals', import.meta.url));

/** Everything that is derived from a journal, by section; each line is one JSON text, byte for byte. */
export type Derived = Readonly<Record<string, readonly string[]>>;

/** What a store holds of a call, and what is derived from it. */
export interface RecordedCall {
  readonly name: string;
  /** What happened, in one sentence. */
  readonly about: string;
  /** The flow file of the call. */
  readonly flow: JsonObject;
  /** The row of table `calls`, by column. */
  readonly call: Readonly<Record<string, string | number | null>>;
  /** Column `entry` of table `journal`, in order. */
  readonly entries: readonly string[];
  readonly derived: Derived;
}

/** The names of the recorded calls. */
export function recordedNames(): readonly string[] {
  return readdirSync(JOURNALS)
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.slice(0, -'.json'.length))
    .sort();
}

export function readRecorded(name: string): RecordedCall {
  const text = readFileSync(join(JOURNALS, `${name}.json`), 'utf8');
  const { about, flow, call, entries, derived } = JSON.parse(text) as RecordedCall & {
    readonly entries: readonly unknown[];
    readonly derived: Readonly<Record<string, readonly unknown[]>>;
  };
  const texts = Object.entries(derived).map(([section, lines]) => [section, lines.map(textOf)] as const);
  return { name, about, flow, call, entries: entries.map(textOf), derived: Object.fromEntries(texts) };
}

/** Writes a recorded call. Fails when there is a file of that name: what was recorded stays as it is. */
export function writeRecorded({ name, about, flow, call, entries, derived }: RecordedCall): void {
  const sections = Object.entries(derived).map(([section, lines]) => `${JSON.stringify(section)}: ${list(lines)}`);
  const fields = [
    `"about": ${JSON.stringify(about)}`,
    `"flow": ${JSON.stringify(flow)}`,
    `"call": ${JSON.stringify(call)}`,
    `"entries": ${list(entries)}`,
    `"derived": {\n${sections.join(',\n')}\n}`,
  ];
  writeFileSync(join(JOURNALS, `${name}.json`), `{\n${fields.join(',\n')}\n}\n`, { flag: 'wx' });
}

/** JSON texts as a list, one a line. A text that `JSON.parse` and `JSON.stringify` would change stands there as a string. */
function list(texts: readonly string[]): string {
  if (texts.length === 0) return '[]';
  const lines = texts.map((text) => (JSON.stringify(JSON.parse(text)) === text ? text : JSON.stringify(text)));
  return `[\n${lines.join(',\n')}\n]`;
}

/** The text of one member of such a list. */
function textOf(member: unknown): string {
  return typeof member === 'string' ? member : JSON.stringify(member);
}
