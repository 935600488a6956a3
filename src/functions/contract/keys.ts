import type { z } from 'zod';
import type { Json } from '../../lib/json/json.js';
import { withPlainNumbers } from '../../lib/json/json-text.js';
import { err, ok, type Result } from '../../lib/result.js';
import type { FunctionDefinition } from './function.js';
import type { FunctionKey } from '../../model/function.js';

/* Names of keys: which are inputs, which may be written, and how both are spelled. */

/** Longest name without namespace, as for the variables of flows. */
const MAX_NAME_CHARS = 128;

/** A name that needs no braces, as in flows (docs/behaviour.md#variable-names). */
const PLAIN = '[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?';
const plain = new RegExp(`^${PLAIN}$`, 'u');

/** `$flow.key.order`, `$flow.key.{my order}`, `$call.sipheader.X-Id`: the namespace and the name itself. */
const KEY = new RegExp(
  `^\\$(?:(flow\\.key|flow\\.syskey|user\\.key|user\\.syskey)\\.(?:\\{([^{}]+)\\}|(${PLAIN}))|call\\.((?:sipheader\\.)?${PLAIN}))$`,
  'u',
);

/** Names that would reach an object's own machinery in whatever receives them as JSON. */
const RESERVED: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** A key, taken apart. */
export interface KeyName {
  readonly namespace: 'flow.key' | 'flow.syskey' | 'user.key' | 'user.syskey' | 'call';
  readonly name: string;
}

/** Takes the name of a key apart; null when it is none. */
export function keyName(text: string): KeyName | null {
  const found = KEY.exec(text);
  if (found === null) return null;
  const [, namespace = 'call', braced, bare, fact] = found;
  const name = braced ?? bare ?? fact ?? '';
  if (name.trim() === '' || name.length > MAX_NAME_CHARS || RESERVED.has(name)) return null;
  return { namespace: namespace as KeyName['namespace'], name };
}

/** True for what a function may write: `$flow.key.*` and `$user.key.*` (docs/behaviour.md#function-results). */
export function isWritableKey(text: string): boolean {
  const namespace = keyName(text)?.namespace;
  return namespace === 'flow.key' || namespace === 'user.key';
}

/** The name of a stored variable as a key: `$user.key.<name>`. */
export function userKey(name: string): string {
  return `$user.key.${plain.test(name) ? name : `{${name}}`}`;
}

/** Keys that are meant as inputs come before variables that only happen to be called alike. */
const INPUT_NAMESPACES = ['flow.syskey', 'user.syskey', 'flow.key'] as const;

/**
 * The inputs of a function out of the keys that were passed: by name in any case, `$flow.syskey.*` before `$user.syskey.*` before
 * `$flow.key.*`. A key without a value counts as not passed; a number with more digits than JavaScript holds is their text. The error is a
 * sentence about every input that is missing or wrong.
 */
export function readInputs<I extends z.ZodObject>(
  definition: FunctionDefinition<I>,
  keys: readonly FunctionKey[],
): Result<z.output<I>, string> {
  const given = new Map<string, Json>();
  const named = keys.flatMap(({ name, value }) => {
    const key = keyName(name);
    return key === null || value === null || value === '' ? [] : [{ ...key, value }];
  });
  for (const namespace of INPUT_NAMESPACES) {
    for (const key of named) {
      const name = key.name.toLowerCase();
      if (key.namespace === namespace && !given.has(name)) given.set(name, withPlainNumbers(key.value));
    }
  }
  const names = Object.keys(definition.inputs.shape);
  const values = names.flatMap((name) => {
    const value = given.get(name.toLowerCase());
    return value === undefined ? [] : [[name, value] as const];
  });
  const parsed = definition.inputs.safeParse(Object.fromEntries(values));
  if (parsed.success) return ok(parsed.data);
  const problems = parsed.error.issues.map(({ path, message }) => {
    const name = path.map(String).join('.');
    return values.some(([known]) => known === name) ? `${name} ${message}` : `${name} is missing`;
  });
  return err([...new Set(problems)].join('; '));
}

/** Names of the inputs, and which of them a call cannot do without. */
export function inputNames(definition: FunctionDefinition): { readonly required: string[]; readonly optional: string[] } {
  const required: string[] = [];
  const optional: string[] = [];
  for (const [name, schema] of Object.entries(definition.inputs.shape)) {
    ((schema as z.ZodType).safeParse(undefined).success ? optional : required).push(name);
  }
  return { required, optional };
}
