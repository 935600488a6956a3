import { JSONPath } from 'jsonpath-plus';
import { isBranch, type Json } from '../../lib/json/json.js';
import type { Mapped, PathRoot } from '../../model/webhook.js';

/*
 * Paths into a JSON answer (docs/behaviour.md#json-paths). The grammar is ours and small: names, indexes, wildcards; there are no
 * filters and no scripts.
 */

/** One step of a path. */
export type PathStep = { readonly name: string } | { readonly index: number } | 'all';

/** Longest path, characters. */
export const MAX_PATH = 500;

/** In order: `.name` or a leading `name`, `[0]`, `[*]`, `['name']`, `["name"]`. A backslash in quotes escapes the next character. */
const STEP = /(?:^|\.)([^.[\]'"()?\s][^.[\]'"()]*)|\[\s*(\d{1,9})\s*\]|\[\s*(\*)\s*\]|\[\s*(['"])((?:\\.|(?!\4)[^\\])*)\4\s*\]/uy;

/**
 * Reads a path into steps from the document's root, or null when it is not a path.
 * `data` root: a leading `data` or `x` is the document. In both, `$` is the document, and `[0].a` starts at a root array
 * (docs/behaviour.md#root-arrays).
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

/** Names that jsonpath-plus takes as they are; in others it sees syntax of its own (`#0`, `;`, quotes), whatever is done to them. */
const PLAIN = /^[\p{L}\p{N}_ -]+$/u;

/**
 * What a path finds in a JSON value. An explicit null is found (docs/behaviour.md#explicit-null); the matches of a wildcard come
 * as a list.
 */
export function findInJson(document: Json, path: string, root: PathRoot): Mapped {
  const steps = readPath(path, root);
  if (steps === null) return { found: false };
  const plain = steps.every((step) => step === 'all' || 'index' in step || PLAIN.test(step.name));
  const values = plain ? byJsonPath(document, steps) : steps.reduce<readonly Json[]>(byHand, [document]);
  const [first] = values;
  if (first === undefined) return { found: false };
  return { found: true, value: steps.includes('all') ? [...values] : first };
}

function byJsonPath(document: Json, steps: readonly PathStep[]): readonly Json[] {
  if (!isBranch(document)) return steps.length === 0 ? [document] : [];
  // A backtick makes it take the rest literally.
  const path = steps.map((step) => (step === 'all' ? '*' : 'name' in step ? `\`${step.name}` : String(step.index)));
  return JSONPath<Json[]>({ path: ['$', ...path], json: document, eval: false, wrap: true, resultType: 'value' });
}

/** Where one step leads from all places reached so far: own members only, so that nothing a prototype has is ever found. */
function byHand(reached: readonly Json[], step: PathStep): readonly Json[] {
  return reached.flatMap((value) => {
    if (!isBranch(value)) return [];
    if (step === 'all') return Object.values(value);
    const key = 'name' in step ? step.name : String(step.index);
    const member = Object.getOwnPropertyDescriptor(value, key)?.value as Json | undefined;
    return member === undefined ? [] : [member];
  });
}
