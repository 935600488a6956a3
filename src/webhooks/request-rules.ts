import type { Guard } from './guard.js';
import { headerProblem } from './headers.js';
import { readPath } from './paths.js';
import type { WebhookCall } from './types.js';
import { isXPath } from './xml-xpath.js';

/** How an answer is read. */
type Reading = Pick<WebhookCall, 'responseType' | 'pathRoot' | 'xmlPaths'>;

/** What is known of a request before it is made, for the check of flows: the same rules that hold when it is made. */
export interface RequestRules {
  url(text: string): string | null;
  header(name: string, value: string | null): string | null;
  path(path: string, reading: Reading): string | null;
}

/** The rules of one configuration. */
export function requestRules(guard: Guard): RequestRules {
  return {
    url(text) {
      const verdict = guard.url(text);
      return verdict.ok ? null : verdict.error;
    },
    header: (name, value) => headerProblem(name, value ?? ''),
    path: pathProblem,
  };
}

/** Why a path can find nothing, whatever the answer. With `auto` it may be of either grammar: the answer decides. */
function pathProblem(path: string, { responseType, pathRoot, xmlPaths }: Reading): string | null {
  const names = readPath(path, pathRoot) === null ? 'it is not made of names and positions such as items[0].name' : null;
  const nodes = xmlPaths === 'dotted' ? names : isXPath(path) ? null : 'it is not XPath 1.0';
  switch (responseType) {
    case 'json':
      return names;
    case 'xml':
      return nodes;
    case 'text':
      return path.trim() === '$' || path.trim() === 'data' ? null : 'in plain text there is only the whole, `$`';
    case 'auto':
      return names === null ? null : nodes;
  }
}
