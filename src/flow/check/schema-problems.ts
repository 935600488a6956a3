import { z } from 'zod';
import { jsonPath } from '../../lib/json-path.js';
import type { Report } from './report.js';

type Issue = z.core.$ZodIssue;

/** Where an input was read and what read it. */
export interface Checked {
  readonly input: unknown;
  /** JSON path of the input in the file. */
  readonly path: string;
  readonly schema: z.ZodType;
}

/** Turns what a schema found into problems, with the most similar field name for unknown ones. */
export function reportIssues(report: Report, issues: readonly Issue[], checked: Checked): void {
  for (const issue of issues) reportIssue(report, issue, checked);
}

function reportIssue(report: Report, issue: Issue, checked: Checked, prefix: readonly PropertyKey[] = []): void {
  const keys = [...prefix, ...issue.path];
  const path = jsonPath(checked.path, keys);
  if (issue.code === 'unrecognized_keys') {
    const known = fieldsAt(checked.schema, keys);
    for (const key of issue.keys) {
      report.error(
        'FLOW_UNKNOWN_FIELD',
        jsonPath(path, [key]),
        `There is no field '${key}' here.${report.hint(key, known)}`,
        knownFields(known),
      );
    }
    return;
  }
  if (issue.code === 'invalid_union') {
    const branch = likeliest(issue.errors);
    if (branch.length > 0) {
      for (const inner of branch) reportIssue(report, inner, checked, keys);
      return;
    }
  }
  if (valueAt(checked.input, keys) === undefined) {
    report.error('FLOW_INVALID', path, `The field '${String(keys.at(-1) ?? '')}' is missing.`, expectation(issue));
    return;
  }
  report.error('FLOW_INVALID', path, sentence(issue.message));
}

/** Of the alternatives of a union, the one the author most likely meant: with the least wrong in it. */
function likeliest(alternatives: readonly (readonly Issue[])[]): readonly Issue[] {
  const weight = (issues: readonly Issue[]): number =>
    issues.reduce(
      (sum, issue) => sum + (issue.code === 'unrecognized_keys' ? issue.keys.length : issue.path.length > 0 ? 1 : 3),
      0,
    );
  return [...alternatives].sort((a, b) => weight(a) - weight(b))[0] ?? [];
}

function expectation(issue: Issue): string {
  return issue.code === 'invalid_type' ? `Add it; it is of type ${issue.expected}.` : 'Add it.';
}

function knownFields(known: readonly string[]): string | undefined {
  return known.length === 0 ? undefined : `Fields here: ${known.join(', ')}.`;
}

/** zod's wording as one sentence: "Too big: expected number to be <=20" → "Too big: expected number to be <=20." */
function sentence(message: string): string {
  return /[.!?]$/.test(message) ? message : `${message}.`;
}

function valueAt(input: unknown, keys: readonly PropertyKey[]): unknown {
  let value = input;
  for (const key of keys) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<PropertyKey, unknown>)[key];
  }
  return value;
}

/** A JSON Schema, as far as its fields matter here. */
interface SchemaNode {
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly items?: SchemaNode;
  readonly prefixItems?: readonly SchemaNode[];
  readonly additionalProperties?: SchemaNode | boolean;
  readonly anyOf?: readonly SchemaNode[];
  readonly oneOf?: readonly SchemaNode[];
  readonly allOf?: readonly SchemaNode[];
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, SchemaNode>>;
}

const converted = new WeakMap<z.ZodType, SchemaNode>();

/** Names of the fields a schema knows at a place inside it. */
function fieldsAt(schema: z.ZodType, keys: readonly PropertyKey[]): readonly string[] {
  const root = converted.get(schema) ?? (z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as SchemaNode);
  converted.set(schema, root);
  let nodes = alternatives(root, root);
  for (const key of keys) nodes = nodes.flatMap((node) => below(node, key)).flatMap((node) => alternatives(node, root));
  return [...new Set(nodes.flatMap(({ properties }) => Object.keys(properties ?? {})))];
}

function below(node: SchemaNode, key: PropertyKey): readonly SchemaNode[] {
  if (typeof key === 'number') return [node.prefixItems?.[key] ?? node.items].filter((item) => item !== undefined);
  const property = node.properties?.[String(key)];
  if (property !== undefined) return [property];
  return typeof node.additionalProperties === 'object' ? [node.additionalProperties] : [];
}

function alternatives(node: SchemaNode, root: SchemaNode): readonly SchemaNode[] {
  const target =
    node.$ref === undefined ? node : node.$ref === '#' ? root : (root.$defs?.[node.$ref.replace('#/$defs/', '')] ?? node);
  const inner = [...(target.anyOf ?? []), ...(target.oneOf ?? []), ...(target.allOf ?? [])];
  return [target, ...inner.flatMap((alternative) => alternatives(alternative, root))];
}
