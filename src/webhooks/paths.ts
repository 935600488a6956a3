import { JSONPath } from 'jsonpath-plus';
import type { Json } from '../lib/json.js';
import type { Mapped, PathRoot } from './types.js';

/*
 * Paths into a JSON answer (Q34–Q38). The grammar is ours and small: names, indexes, wildcards. jsonpath-plus walks what the
 * grammar let through, so filter and script expressions never reach it, and its evaluation is off besides.
 */

/** One step of a path. */
export type PathStep = { readonly name: string } | { readonly index: number } | 'all';

/** Longest path, characters. */
export const MAX_PATH = 500;

/** In order: `.name` or a leading `name`, `[0]`, `[*]`, `['name']`, `["name"]`. A backslash in quotes escapes the next character. */
const STEP = /(?:^|\.)([^.[\]'"()?\s][^.[\]'"()]*)|\[\s*(\d{1,9})\s*\]|\[\s*(\*)\s*\]|\[\s*(['"])((?:\\.|(?!\4)[^\\])*)\4\s*\]/uy;

/**
 * Reads a path into steps from the document's root, or null when it is not a path.
 * `data` root: a leading `data` or `x` is the document. In both, `$` is the document, and `[0].a` starts at a root array (Q35).
 */
export function readPath(path: string, root: PathRoot): readonly PathStep[] | null {
  const text = path.trim();
  if (text === '' || text.startsWith('.') || text.length > MAX_PATH) return null;
  const steps: PathStep[] = [];
  STEP.lastIndex = 0;
  while (STEP.lastIndex < text.length) {
    const match = STEP.exec(text);
    if (match === null) return null;
    const [, plain, index, wildcard, , quoted] = match;
    if (index !== undefined) steps.push({ index: Number(index) });
    else if (wildcard !== undefined || plain === '*') steps.push('all');
    else steps.push({ name: plain?.trimEnd() ?? quoted?.replace(/\\(.)/gu, '$1') ?? '' });
  }
  return isRoot(text, root) ? steps.slice(1) : steps;
}

/** True when the first step names the document itself; a quoted first name never does. */
function isRoot(text: string, root: PathRoot): boolean {
  return (root === 'data' ? /^(?:\$|data|x)(?=[.[]|$)/u : /^\$(?=[.[]|$)/u).test(text);
}

/** What a path finds in a JSON value. An explicit null is found (Q38); several matches of a wildcard come as a list. */
export function findInJson(document: Json, path: string, root: PathRoot): Mapped {
  const steps = readPath(path, root);
  if (steps === null) return { found: false };
  if (steps.length === 0) return { found: true, value: document };
  if (typeof document !== 'object' || document === null) return { found: false };
  const value = JSONPath<Json | undefined>({
    path: ['$', ...steps.map(toJsonPath)],
    json: document as object,
    eval: false,
    wrap: false,
    resultType: 'value',
  });
  return value === undefined ? { found: false } : { found: true, value };
}

/** A backtick makes jsonpath-plus take the rest literally, whatever operator it looks like. */
function toJsonPath(step: PathStep): string {
  if (step === 'all') return '*';
  return 'name' in step ? `\`${step.name}` : String(step.index);
}
