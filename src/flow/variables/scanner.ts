import { DOTTED_NAMESPACES, PLAIN_NAME, type VariableName } from './names.js';
import { type Namespace } from '../namespace.js';

/*
 * The one scanner for `$` tokens (docs/behaviour.md#variables-in-text). Longest first: the dotted namespaces, then `$NAME` in
 * capitals; `$$` is a literal dollar; any other `$` (`$5`, `$[`, a `$` at the end of a pattern) stays as it is written.
 *
 * A name without braces takes letters, digits, `_` and `-` and ends before a `-` or `.` that ends it: in
 * "Your order is $flow.key.order." the dot belongs to the sentence. Other names go in braces: `$flow.key.{any name}`.
 */

/** A piece of a template. */
export type Token =
  | { readonly kind: 'text'; readonly text: string }
  /** A variable; `source` is the token as written. */
  | { readonly kind: 'variable'; readonly variable: VariableName; readonly source: string; readonly at: number }
  /** A `$` that starts like a variable but is none, e.g. `$flow.kee.x`: kept as text, reported by the checker. */
  | { readonly kind: 'suspect'; readonly text: string; readonly at: number };

const namespaces = DOTTED_NAMESPACES.map((name) => name.replace('.', '\\.'));
const plainSpace = `(?<space>${namespaces.filter((name) => name !== 'widget' && name !== 'call').join('|')})\\.`;

/** Sticky patterns, tried in this order at every `$`. */
const ESCAPED = /\$\$/y;
const NAMED = new RegExp(`\\$${plainSpace}(?:\\{(?<braced>[^{}]{1,128})\\}|(?<name>${PLAIN_NAME}))`, 'y');
const CALL = new RegExp(`\\$call\\.(?<name>sipheader\\.${PLAIN_NAME}|[A-Za-z0-9_]+)`, 'y');
const WIDGET = /\$widget\.(?<name>[A-Za-z0-9_-]{1,64}\.[A-Za-z0-9_]+)/y;
const PARAM = /\$(?<name>[A-Z][A-Z0-9_]*)/y;
const SUSPECT = /\$[a-z]+(?:\.[A-Za-z]+)*/y;

/** Takes a template apart. Joining the `source` and `text` of the tokens of a template without `$$` gives the template back. */
export function scan(template: string): readonly Token[] {
  const tokens: Token[] = [];
  let text = '';
  let at = 0;
  const flush = (): void => {
    if (text !== '') tokens.push({ kind: 'text', text });
    text = '';
  };
  while (at < template.length) {
    const dollar = template.indexOf('$', at);
    if (dollar === -1) break;
    text += template.slice(at, dollar);
    const found = scanDollar(template, dollar);
    if (typeof found.token === 'string') text += found.token;
    else {
      flush();
      tokens.push(found.token);
    }
    at = dollar + found.length;
  }
  text += template.slice(at);
  flush();
  return tokens;
}

/** What begins at the `$` at index `at`: a token, or plain text, and how many characters of the template it takes. */
function scanDollar(template: string, at: number): { readonly token: Token | string; readonly length: number } {
  if (matchAt(ESCAPED, template, at) !== null) return { token: '$', length: 2 };
  const variable = scanVariable(template, at);
  if (variable !== null) return { token: variable, length: variable.source.length };
  const suspect = matchAt(SUSPECT, template, at);
  if (suspect !== null) return { token: { kind: 'suspect', text: suspect[0], at }, length: suspect[0].length };
  return { token: '$', length: 1 };
}

function scanVariable(template: string, at: number): (Token & { readonly kind: 'variable' }) | null {
  const token = (match: RegExpExecArray, namespace: Namespace, name: string) =>
    ({ kind: 'variable', variable: { namespace, name }, source: match[0], at }) as const;
  const named = matchAt(NAMED, template, at);
  if (named?.groups !== undefined) {
    const { space, braced, name } = named.groups;
    return token(named, space as Namespace, braced ?? name ?? '');
  }
  for (const [pattern, namespace] of [
    [CALL, 'call'],
    [WIDGET, 'widget'],
    [PARAM, 'param'],
  ] as const) {
    const match = matchAt(pattern, template, at);
    if (match?.groups?.['name'] !== undefined) return token(match, namespace, match.groups['name']);
  }
  return null;
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

/** The variable of a text that is exactly one token, e.g. a `saveIn`; null for anything else. */
export function parseName(text: string): VariableName | null {
  const tokens = scan(text);
  const first = tokens[0];
  return tokens.length === 1 && first?.kind === 'variable' ? first.variable : null;
}

/** Names of all variables in a template. */
export function variablesIn(template: string): readonly VariableName[] {
  return scan(template).flatMap((token) => (token.kind === 'variable' ? [token.variable] : []));
}
