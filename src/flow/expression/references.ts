import type { ASTNode } from '@marcbachmann/cel-js';
import { DOTTED_NAMESPACES, type VariableName } from '../variables/names.js';
import { type Namespace } from '../namespace.js';

/** The maps an expression sees, and how the namespaces lie in them. */
export const EXPRESSION_ROOTS = ['flow', 'user', 'call', 'sys', 'widget', 'param'] as const;

/** What an expression reads. */
export interface References {
  /** Variables named outright, e.g. `flow.key.order`, `widget.lookup.status`. */
  readonly variables: readonly VariableName[];
  /** Those of them that `has()` asks about: left out when unset, instead of null. */
  readonly tested: ReadonlySet<string>;
  /** Namespaces read as a whole, e.g. by `"x" in flow.key` or `flow.key[call.did]`. */
  readonly whole: ReadonlySet<Namespace>;
  /** Uses that name no variable, as written from the root, e.g. `flow.kee` or `call`. */
  readonly unclear: readonly string[];
}

/** Namespaces that may be read as a whole; the others have to be named, so that each read is a recorded input. */
const WHOLE: ReadonlySet<string> = new Set<Namespace>(['flow.key', 'user.key']);

const roots: ReadonlySet<string> = new Set(EXPRESSION_ROOTS);

/** Collects what an expression reads from its syntax tree. */
export function referencesOf(ast: ASTNode): References {
  const variables = new Map<string, VariableName>();
  const tested = new Set<string>();
  const whole = new Set<Namespace>();
  const unclear: string[] = [];

  const note = (path: readonly string[], inHas: boolean): void => {
    const variable = variableAt(path);
    const namespace = path.join('.');
    if (variable !== null) {
      const key = referenceKey(variable);
      variables.set(key, variable);
      if (inHas) tested.add(key);
    } else if (WHOLE.has(namespace)) whole.add(namespace as Namespace);
    else unclear.push(namespace);
  };

  const visit = (node: unknown, inHas: boolean): void => {
    if (Array.isArray(node)) for (const child of node) visit(child, inHas);
    if (!isNode(node)) return;
    const path = pathOf(node);
    if (path !== null) note(path, inHas);
    else if (node.op === 'call' && node.args[0] === 'has') visit(node.args[1], true);
    else visit(node.args, inHas);
    // The index of `flow.key[call.did]` is not part of the path but is read too.
    if (path !== null) visitIndexes(node, (index) => visit(index, inHas));
  };
  visit(ast, false);
  return { variables: [...variables.values()], tested, whole, unclear };
}

/** A key that tells variables apart. */
export function referenceKey(variable: VariableName): string {
  return `${variable.namespace}.${variable.name}`;
}

function isNode(value: unknown): value is ASTNode {
  return typeof value === 'object' && value !== null && 'op' in value && 'args' in value;
}

/**
 * The names from a root down to the variable, as far as they are written out: `["flow", "key", "order"]`. Null when the node is
 * no access below a root. Accesses below the variable (`flow.key.order.items[0]`) belong to its value and are cut off.
 */
function pathOf(node: ASTNode): readonly string[] | null {
  if (node.op === 'id') return roots.has(node.args) ? [node.args] : null;
  if (node.op !== '.' && node.op !== '[]') return null;
  const base = pathOf(node.args[0]);
  if (base === null || variableAt(base) !== null) return base;
  const key = node.op === '.' ? node.args[1] : node.args[1].op === 'value' ? node.args[1].args : null;
  return typeof key === 'string' ? [...base, key] : base;
}

/** Visits the computed indexes along an access. */
function visitIndexes(node: ASTNode, visit: (index: ASTNode) => void): void {
  if (node.op !== '.' && node.op !== '[]') return;
  if (node.op === '[]' && node.args[1].op !== 'value') visit(node.args[1]);
  visitIndexes(node.args[0], visit);
}

/** The variable a whole path names, or null when the path is too short or leads nowhere. */
function variableAt(path: readonly string[]): VariableName | null {
  const [root, second, third] = path;
  if (root === 'param' || root === 'sys') return path.length === 2 ? { namespace: root, name: second ?? '' } : null;
  if (root === 'call' && second !== 'sipheader') return path.length === 2 ? { namespace: 'call', name: second ?? '' } : null;
  if (path.length !== 3) return null;
  const name = third ?? '';
  if (root === 'call') return { namespace: 'call', name: `sipheader.${name}` };
  if (root === 'widget') return { namespace: 'widget', name: `${second ?? ''}.${name}` };
  const namespace = DOTTED_NAMESPACES.find((candidate) => candidate === `${root ?? ''}.${second ?? ''}`);
  return namespace === undefined ? null : { namespace, name };
}
