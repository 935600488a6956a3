import { z } from 'zod';
import { jsonPath } from '../../../lib/json/json-path.js';
import { jsonWord, jsonWords } from '../../../lib/json/json-words.js';
import type { Report } from './report.js';

type Issue = z.core.$ZodIssue;

/** Where an input was read and what read it. */
export interface CheckedInput {
  readonly input: unknown;
  /** JSON path of the input in the file. */
  readonly path: string;
  readonly schema: z.ZodType;
  /** Fields of the input that another schema has read. */
  readonly frame?: readonly string[];
}

/** Turns what a schema found into problems, with the most similar field name for unknown ones. */
export function reportIssues(report: Report, issues: readonly Issue[], checked: CheckedInput): void {
  for (const issue of issues) reportIssue(report, issue, checked);
}

function reportIssue(report: Report, issue: Issue, checked: CheckedInput, prefix: readonly PropertyKey[] = []): void {
  const keys = [...prefix, ...issue.path];
  const path = jsonPath(checked.path, keys);
  if (issue.code === 'unrecognized_keys') {
    const known = [...fieldsAt(checked, keys), ...(keys.length === 0 ? (checked.frame ?? []) : [])];
    for (const key of issue.keys) {
      report.error(
        'FLOW_UNKNOWN_FIELD',
        jsonPath(path, [key]),
        `There is no field '${key}' here.${report.hint(key, known)}`,
        known.length === 0 ? undefined : `Fields here: ${known.join(', ')}.`,
      );
    }
    return;
  }
  const value = valueAt(checked.input, keys);
  if (issue.code === 'invalid_union' && value !== undefined) {
    const branch = likeliest(issue.errors, value);
    if (branch.length > 0) {
      for (const inner of branch) reportIssue(report, inner, checked, keys);
      return;
    }
  }
  if (value === undefined) {
    const words = wordsAt(checked, keys);
    const advice = words.length > 0 ? `Add it: one of ${words.join(', ')}.` : expectation(issue);
    report.error('FLOW_INVALID', path, `The field '${String(keys.at(-1) ?? '')}' is missing.`, advice);
    return;
  }
  if (issue.code === 'invalid_key') {
    const why = issue.issues.map(({ message }) => message).join(', ');
    report.error('FLOW_INVALID', path, sentence(`The name '${String(keys.at(-1) ?? '')}' ${why}`));
    return;
  }
  const ofWords = issue.code === 'invalid_value' || issue.code === 'invalid_union';
  const words = ofWords ? wordsAt(checked, keys) : [];
  if (words.length > 0 && typeof value === 'string') reportWord(report, path, value, words);
  else report.error('FLOW_INVALID', path, sentence(issue.message));
}

function reportWord(report: Report, path: string, word: string, words: readonly string[]): void {
  const shown = word.length > 60 ? `${word.slice(0, 60)}…` : word;
  // Signs are too short to resemble each other: `==` is not meant to be `<=`.
  const hint = /[a-z]/i.test(word) ? report.hint(word, words) : '';
  report.error('FLOW_INVALID', path, `'${shown}' is not one of the words known here.${hint}`, `Words here: ${words.join(', ')}.`);
}

/**
 * Of the alternatives of a union, the one the author most likely meant: with the least wrong in it. One of another type than the
 * value is not meant; when all are, the union itself is what is wrong.
 */
function likeliest(alternatives: readonly (readonly Issue[])[], value: unknown): readonly Issue[] {
  const weight = (issues: readonly Issue[]): number =>
    issues.reduce((sum, issue) => sum + (issue.code === 'unrecognized_keys' ? issue.keys.length : weightOf(issue, value)), 0);
  const fitting = alternatives.filter((issues) => !issues.some(({ code, path }) => code === 'invalid_type' && path.length === 0));
  const meant = fitting.length === 0 && typeof value !== 'object' ? [] : fitting.length === 0 ? alternatives : fitting;
  return [...meant].sort((a, b) => weight(a) - weight(b))[0] ?? [];
}

/** Something wrong with a field that is there weighs less than a field that is missing, and that less than another shape. */
function weightOf({ path }: Issue, value: unknown): number {
  if (path.length === 0) return 4;
  return valueAt(value, path) === undefined ? 2 : 1;
}

function expectation(issue: Issue): string {
  return issue.code === 'invalid_type' ? `Add it; it is of type ${jsonWord(issue.expected)}.` : 'Add it.';
}

/** zod's wording as one sentence: "Too big: expected number to be <=20" → "Too big: expected number to be <=20." */
function sentence(message: string): string {
  const said = jsonWords(message);
  return /[.!?]$/.test(said) ? said : `${said}.`;
}

function valueAt(input: unknown, keys: readonly PropertyKey[]): unknown {
  let value = input;
  for (const key of keys) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<PropertyKey, unknown>)[key];
  }
  return value;
}

/** A JSON Schema, as far as its fields and words matter here. */
interface SchemaNode {
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly items?: SchemaNode;
  readonly prefixItems?: readonly SchemaNode[];
  readonly additionalProperties?: SchemaNode | boolean;
  readonly anyOf?: readonly SchemaNode[];
  readonly oneOf?: readonly SchemaNode[];
  readonly allOf?: readonly SchemaNode[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, SchemaNode>>;
}

const converted = new WeakMap<z.ZodType, SchemaNode>();

/** Names of the fields a schema knows at a place inside it; of alternatives, only those whose words the input has. */
function fieldsAt(checked: CheckedInput, keys: readonly PropertyKey[]): readonly string[] {
  const value = valueAt(checked.input, keys);
  const nodes = nodesAt(checked, keys);
  const fitting = nodes.filter((node) => fits(node, value));
  return [...new Set((fitting.length > 0 ? fitting : nodes).flatMap(({ properties }) => Object.keys(properties ?? {})))];
}

/** The words a text may be at a place inside a schema. */
function wordsAt(checked: CheckedInput, keys: readonly PropertyKey[]): readonly string[] {
  const nodes = nodesAt(checked, keys);
  const words = nodes.flatMap((node) => node.enum ?? (node.const === undefined ? [] : [node.const]));
  return [...new Set(words.filter((word) => typeof word === 'string'))];
}

/** True unless a field of the value that holds one of a few words holds another one. */
function fits(node: SchemaNode, value: unknown): boolean {
  return Object.entries(node.properties ?? {}).every(([name, property]) => {
    const words = property.enum ?? (property.const === undefined ? null : [property.const]);
    const given = valueAt(value, [name]);
    return words === null || given === undefined || words.includes(given);
  });
}

/** The schemas that apply at a place, unions taken apart. */
function nodesAt({ schema }: CheckedInput, keys: readonly PropertyKey[]): readonly SchemaNode[] {
  const root = converted.get(schema) ?? (z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as SchemaNode);
  converted.set(schema, root);
  let nodes = alternatives(root, root);
  for (const key of keys) nodes = nodes.flatMap((node) => below(node, key)).flatMap((node) => alternatives(node, root));
  return nodes;
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
