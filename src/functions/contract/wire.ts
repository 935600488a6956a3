import { z } from 'zod';
import type { Json } from '../../lib/json/json.js';
import { jsonTooBig } from '../../lib/json/json-limits.js';
import { jsonText, parseExact, withPlainNumbers } from '../../lib/json/json-text.js';
import { err, ok, type Result } from '../../lib/result.js';
import { isWritableKey, keyName } from './keys.js';
import type { FunctionKey } from '../../model/function.js';

/*
 * The wire format of functions (docs/behaviour.md#function-wire-format): POST `{"method":…,"keys":[{"name":…,"value":…}]}`,
 * answered by `{"keys":[…]}`. The same in both directions: for our functions called over HTTP and for a user's functions called
 * by us.
 */

/** Most keys in a request or an answer. */
const MAX_KEYS = 1000;
/** Longest name of a key, with namespace and braces. */
const MAX_KEY_CHARS = 160;
/** Deepest value a flow keeps. */
const MAX_VALUE_DEPTH = 60;

/** What is posted to a function. */
export const functionRequestSchema = z
  .object({
    method: z.string().min(1).max(128).describe('Name of the function.'),
    keys: z
      .array(z.object({ name: z.string().max(MAX_KEY_CHARS), value: z.json().optional() }))
      .max(MAX_KEYS)
      .default([])
      .describe('Values by name with namespace, e.g. `$flow.key.inputDate`.'),
  })
  .meta({ id: 'FunctionRequest' });

/** What a function answers. */
export const functionAnswerSchema = z
  .object({
    keys: z
      .array(z.object({ name: z.string().max(MAX_KEY_CHARS), value: z.json() }))
      .max(MAX_KEYS)
      .describe('Values to set, by name: `$flow.key.*` and `$user.key.*`.'),
  })
  .meta({ id: 'FunctionAnswer' });

/** A function as the wire names it, with the keys it is given. */
export interface FunctionRequest {
  readonly method: string;
  readonly keys: readonly FunctionKey[];
}

/** The body of a request. */
export function requestText({ method, keys }: FunctionRequest): string {
  return jsonText({ method, keys: keys.map(({ name, value }) => ({ name, value })) });
}

/** Reads the body of a request from outside. The error is a sentence. */
export function readRequest(text: string): Result<FunctionRequest, string> {
  const tooBig = jsonTooBig(text);
  if (tooBig !== null) return err(`${tooBig}.`);
  let input: unknown;
  try {
    input = parseExact(text);
  } catch {
    return err('The body is not JSON.');
  }
  const parsed = functionRequestSchema.safeParse(withPlainNumbers(input as Json));
  if (!parsed.success) return err(`The body is no function call: ${firstIssue(parsed.error)}.`);
  const { method } = parsed.data;
  const keys = parsed.data.keys.length === 0 ? [] : exactKeys(input);
  const unknown = keys.find(({ name }) => keyName(name) === null);
  if (unknown !== undefined) return err(`'${shown(unknown.name)}' is no name of a key, such as $flow.key.order.`);
  return ok({ method, keys: keys.map(({ name, value }) => ({ name, value: value ?? null })) });
}

/**
 * The keys of an answer, checked: a function may set `$flow.key.*` and `$user.key.*` and nothing else. The error says what is wrong,
 * as a sentence part.
 */
export function readAnswer(answer: unknown): Result<readonly FunctionKey[], string> {
  const parsed = functionAnswerSchema.safeParse(withPlainNumbers(answer as Json));
  if (!parsed.success) return err(`the answer is not {"keys": [{"name": …, "value": …}]}: ${firstIssue(parsed.error)}`);
  const keys = exactKeys(answer);
  const refused = keys.find(({ name }) => !isWritableKey(name));
  if (refused !== undefined) {
    return err(`the answer sets '${shown(refused.name)}'; a function may set $flow.key.* and $user.key.* only`);
  }
  const deep = keys.find(({ value }) => !isShallow(value, MAX_VALUE_DEPTH));
  return deep === undefined
    ? ok(keys)
    : err(`the value of '${shown(deep.name)}' is nested deeper than ${MAX_VALUE_DEPTH} levels`);
}

/** The keys as they came, of a value that a schema has accepted with plain numbers in it: schemas know no other. */
function exactKeys(accepted: unknown): readonly FunctionKey[] {
  return (accepted as { readonly keys: readonly FunctionKey[] }).keys.map(({ name, value }) => ({ name, value }));
}

function isShallow(value: Json, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return levels > 0 && Object.values(value).every((child: Json) => isShallow(child, levels - 1));
}

function firstIssue(error: z.ZodError): string {
  const [issue] = error.issues;
  const path = issue?.path.map(String).join('.') ?? '';
  return `${path === '' ? '' : `${path}: `}${issue?.message ?? 'not valid'}`;
}

/** A name from outside, fit for a sentence. */
function shown(name: string): string {
  return name.replace(/[^\x20-\x7e]/gu, '?').slice(0, 80);
}
