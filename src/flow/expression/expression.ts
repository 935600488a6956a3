import type { ASTNode, ParseResult } from '@marcbachmann/cel-js';
import { Duration, Environment, UnsignedInt } from '@marcbachmann/cel-js/evaluator';
import { LRUCache } from 'lru-cache';
import { errorMessage } from '../../lib/error-message.js';
import { isExact, numberOfDigits, type ExactNumber } from '../../lib/number/exact-number.js';
import { isBranch, type Json, type JsonObject } from '../../lib/json/json.js';
import { err, ok, type Result } from '../../lib/result.js';
import { EXPRESSION_ROOTS, referenceKey, referencesOf, type References } from './references.js';
import { formatName, type VariableName } from '../variables/names.js';
import { type Namespace } from '../namespace.js';
import { checkPattern, matchPattern } from './pattern.js';
import type { Lookup } from '../variables/template.js';
import type { Resolved } from '../widget.js';

/*
 * Expressions are CEL (https://cel.dev) through a library. What we add: variables as maps, numbers that mix, unset variables as
 * null, a regular-expression matcher that cannot run away, and limits on everything that comes in or out.
 */

/** Longest expression. */
export const MAX_EXPRESSION_CHARS = 2000;
/** Largest value an expression may look at: characters of its JSON text. */
export const MAX_INPUT_CHARS = 65_536;
/** Most values a list or map may consist of: expressions walk over lists, and compare inside the walk. */
export const MAX_INPUT_VALUES = 5000;
/** Characters all patterns of one evaluation may look at together. */
const MAX_MATCHED_CHARS = 262_144;
/** Largest result: values and characters it may consist of. */
const MAX_RESULT_UNITS = 1_048_576;

/** A parsed and type-checked expression. */
export interface Expression {
  readonly references: References;
  /** CEL's name of the type the result has, `dyn` when only the run can tell. */
  readonly type: string;
  run(context: object): unknown;
}

/** What an expression is evaluated against. */
export interface ExpressionScope {
  readonly lookup: Lookup;
  /** All variables of a namespace that is read as a whole. */
  all(namespace: Namespace): readonly (readonly [string, { readonly value: Json; readonly masked: boolean }])[];
}

const environment = createEnvironment();
/** Characters the patterns of the evaluation under way have looked at; evaluating is synchronous. */
let matchedChars = 0;
const compiled = new LRUCache<string, Result<Expression, string>>({ max: 2000 });

/** Parses and type-checks an expression. The error is a sentence for the flow's author. */
export function compileExpression(text: string): Result<Expression, string> {
  const known = compiled.get(text);
  if (known !== undefined) return known;
  const result = compile(text);
  compiled.set(text, result);
  return result;
}

/** Evaluates an expression. What goes wrong is a value: a sentence for the flow's author. */
export function evaluateExpression(text: string, scope: ExpressionScope): Result<Resolved<Json>, string> {
  const expression = compileExpression(text);
  if (!expression.ok) return expression;
  const { references } = expression.value;
  const missing: string[] = [];
  let masked = false;
  const context = emptyContext();
  for (const variable of references.variables) {
    const found = scope.lookup(variable);
    masked ||= found.masked;
    if (found.value === undefined) missing.push(formatName(variable));
    if (found.value === undefined && references.tested.has(referenceKey(variable))) continue;
    const value = found.value ?? null;
    if (tooLarge(value)) return err(`${formatName(variable)} is too large for an expression`);
    place(context, variable, value);
  }
  for (const namespace of references.whole) {
    for (const [name, stored] of scope.all(namespace)) {
      masked ||= stored.masked;
      if (!tooLarge(stored.value)) place(context, { namespace, name }, stored.value);
    }
  }
  matchedChars = 0;
  try {
    return ok({ value: toJson(expression.value.run(context)), missing, masked });
  } catch (error) {
    return err(explain(error));
  }
}

function compile(text: string): Result<Expression, string> {
  if (text.length > MAX_EXPRESSION_CHARS) return err(`the expression is longer than ${MAX_EXPRESSION_CHARS} characters`);
  try {
    const parsed: ParseResult = environment.parse(text);
    const nested = guard(parsed.ast, 0);
    if (nested !== null) return err(nested);
    const checked = parsed.check();
    if (!checked.valid) return err(explain(checked.error));
    return ok({
      references: referencesOf(parsed.ast),
      type: checked.type ?? 'dyn',
      run: (context) => parsed({ ...context }) as unknown,
    });
  } catch (error) {
    return err(explain(error));
  }
}

const LIST_MACROS: ReadonlySet<string> = new Set(['all', 'exists', 'exists_one', 'map', 'filter']);

/**
 * Points `x.matches(pattern)` to our matcher, which is linear in its input, and refuses what could take very long: a walk over a
 * list inside another. Returns what is refused, or null.
 */
function guard(node: unknown, depth: number): string | null {
  if (Array.isArray(node)) return firstProblem(node, depth);
  if (typeof node !== 'object' || node === null || !('op' in node)) return null;
  const { op, args } = node as ASTNode;
  if (op === 'rcall') {
    const [name, receiver, given] = args;
    if (name === 'matches') {
      args[0] = 'matchesPattern';
      const problem = literalPatternProblem(given);
      if (problem !== null) return problem;
    }
    if (name === 'bind') return '`cel.bind` is not supported';
    const inside = LIST_MACROS.has(name) ? depth + 1 : depth;
    if (inside > 1) return `'${name}' inside another walk over a list is not allowed`;
    return guard(receiver, depth) ?? guard(given, inside);
  }
  return guard(args, depth);
}

/** What is wrong with a pattern that is written out, so that it shows when the flow is loaded. */
function literalPatternProblem(given: readonly ASTNode[]): string | null {
  const pattern = given[0];
  if (pattern?.op !== 'value' || typeof pattern.args !== 'string') return null;
  const checked = checkPattern(pattern.args);
  return checked.ok ? null : checked.error;
}

function firstProblem(nodes: readonly unknown[], depth: number): string | null {
  for (const node of nodes) {
    const problem = guard(node, depth);
    if (problem !== null) return problem;
  }
  return null;
}

function createEnvironment(): Environment {
  const created = new Environment({
    homogeneousAggregateLiterals: false,
    limits: { maxAstNodes: 500, maxDepth: 32, maxListElements: 100, maxMapEntries: 100, maxCallArguments: 8 },
  });
  for (const root of EXPRESSION_ROOTS) created.registerVariable(root, 'map');
  // JSON numbers are CEL doubles, literals like `1` are ints; people expect them to mix.
  const arithmetic: Readonly<Record<string, (left: number, right: number) => number>> = {
    '+': (left, right) => left + right,
    '-': (left, right) => left - right,
    '*': (left, right) => left * right,
    '/': (left, right) => left / right,
    '%': (left, right) => left % right,
  };
  for (const [operator, apply] of Object.entries(arithmetic)) {
    const mixed = (left: number | bigint, right: number | bigint): number => apply(Number(left), Number(right));
    created.registerOperator(`double ${operator} int`, mixed);
    created.registerOperator(`int ${operator} double`, mixed);
  }
  created.registerOperator('double % double', (left: number, right: number) => left % right);
  created.registerFunction('string.matchesPattern(string): bool', (text: string, pattern: string) => {
    matchedChars += text.length + pattern.length;
    if (matchedChars > MAX_MATCHED_CHARS) throw new Error('the patterns of the expression have too much text to look at');
    const matched = matchPattern(pattern, text);
    if (!matched.ok) throw new Error(matched.error);
    return matched.value;
  });
  return created;
}

/** A map that inherits nothing. */
type Branch = Record<string, unknown>;

function branch(): Branch {
  return Object.create(null) as Branch;
}

function emptyContext(): Branch {
  const context = branch();
  for (const root of EXPRESSION_ROOTS) context[root] = branch();
  for (const root of ['flow', 'user'] as const) {
    const spaces = branch();
    spaces['key'] = branch();
    spaces['syskey'] = branch();
    context[root] = spaces;
  }
  return context;
}

/** Puts a value where the expression looks for it. */
function place(context: Branch, variable: VariableName, value: Json): void {
  const [root = '', ...below] = variable.namespace.split('.');
  const name = variable.name;
  const dot = variable.namespace === 'widget' || name.startsWith('sipheader.') ? name.indexOf('.') : -1;
  const path = [root, ...below, ...(dot === -1 ? [name] : [name.slice(0, dot), name.slice(dot + 1)])];
  let at = context;
  for (const key of path.slice(0, -1)) at = (at[key] ??= branch()) as Branch;
  at[path.at(-1) ?? ''] = celValue(value);
}

/** CEL's ints have 64 bits. */
const MAX_INT = 2n ** 63n - 1n;

/**
 * A value as the library knows it. A number with more digits than a JavaScript number is an int when it is whole and fits one; else the
 * nearest double.
 */
function celValue(value: Json): unknown {
  if (isExact(value)) return celNumber(value);
  if (!isBranch(value) || !hasExact(value)) return value;
  if (Array.isArray(value)) return value.map(celValue);
  return Object.fromEntries(Object.entries<Json>(value as JsonObject).map(([key, member]) => [key, celValue(member)]));
}

function celNumber(value: ExactNumber): number | bigint {
  const digits = String(value);
  if (value.isHeld || !/^-?\d{1,19}$/.test(digits)) return value.toNumber();
  const whole = BigInt(digits);
  return whole <= MAX_INT && whole >= -MAX_INT - 1n ? whole : value.toNumber();
}

function hasExact(value: Json): boolean {
  return isExact(value) || childrenOf(value).some(hasExact);
}

function tooLarge(value: Json): boolean {
  if (typeof value === 'string') return value.length > MAX_INPUT_CHARS;
  if (isExact(value)) return String(value).length > MAX_INPUT_CHARS;
  if (!isBranch(value)) return false;
  let values = 0;
  const count = (part: Json): boolean => ++values <= MAX_INPUT_VALUES && childrenOf(part).every(count);
  return !count(value) || JSON.stringify(value).length > MAX_INPUT_CHARS;
}

function childrenOf(value: Json): readonly Json[] {
  return isBranch(value) ? Object.values<Json>(value as JsonObject) : [];
}

/** A CEL value as JSON; whole numbers keep their digits. */
function toJson(value: unknown): Json {
  let units = 0;
  const spend = (count: number): void => {
    units += count;
    if (units > MAX_RESULT_UNITS) throw new Error('the result is too large');
  };
  const convert = (part: unknown): Json => {
    spend(1);
    if (part === null || typeof part === 'boolean') return part;
    if (typeof part === 'string') {
      spend(part.length);
      return part;
    }
    if (typeof part === 'bigint') return wholeNumber(part);
    if (typeof part === 'number') {
      if (!Number.isFinite(part)) throw new Error('the result is not a finite number');
      return part;
    }
    if (part instanceof UnsignedInt) return wholeNumber(part.value);
    if (part instanceof Date) return part.toISOString();
    if (part instanceof Duration) return part.toString();
    if (Array.isArray(part)) return part.map(convert);
    if (isPlainMap(part)) return Object.fromEntries(entriesOf(part).map(([key, child]) => [key, convert(child)]));
    throw new Error('the result is neither text, number, truth value, list nor map');
  };
  return convert(value);
}

function wholeNumber(value: bigint): Json {
  return numberOfDigits(value.toString());
}

function isPlainMap(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return value instanceof Map || prototype === null || prototype === Object.prototype;
}

function entriesOf(map: object): readonly (readonly [string, unknown])[] {
  return map instanceof Map ? [...map].map(([key, value]: [unknown, unknown]) => [String(key), value]) : Object.entries(map);
}

/** The first line of what the library says, without its drawing of the source. */
function explain(error: unknown): string {
  const message = errorMessage(error);
  return message.split('\n', 1)[0] ?? message;
}
