import { jsonPath } from '../../lib/json/json-path.js';

/** A name that an object has twice. */
export interface DuplicateName {
  readonly name: string;
  /** JSON path of the field, e.g. `$.widgets.bye`. */
  readonly path: string;
  /** Line of the second one, from 1. */
  readonly line: number;
}

/** Most duplicates that are told. */
const MAX_DUPLICATES = 20;

/** An object or list that is open while the text is read. */
interface Open {
  readonly path: string;
  /** Names so far; null in a list. */
  readonly names: Set<string> | null;
  /** Where the value that comes next belongs. */
  at: PropertyKey;
}

/**
 * Finds names that an object has twice: JSON readers silently take the last, so that a copied widget would make the first one vanish.
 *
 * @param text valid JSON
 */
export function duplicateNames(text: string): readonly DuplicateName[] {
  const found: DuplicateName[] = [];
  const open: Open[] = [];
  for (const token of text.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?|[{}[\],]/g)) {
    const [sign, colon] = token;
    const inside = open.at(-1);
    if (sign === '{' || sign === '[') {
      const path = inside === undefined ? '$' : jsonPath(inside.path, [inside.at]);
      open.push(sign === '{' ? { path, names: new Set(), at: '' } : { path, names: null, at: 0 });
    } else if (sign === '}' || sign === ']') open.pop();
    else if (sign === ',') {
      if (typeof inside?.at === 'number') inside.at++;
    } else if (colon !== undefined && inside?.names) {
      const name = JSON.parse(sign.slice(0, -colon.length)) as string;
      if (inside.names.has(name) && found.length < MAX_DUPLICATES)
        found.push({ name, path: jsonPath(inside.path, [name]), line: lineOf(text, token.index) });
      inside.names.add(name);
      inside.at = name;
    }
  }
  return found;
}

function lineOf(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}
