import type { z } from 'zod';
import { type Code, isCode } from '../../lib/codes.js';
import type { FunctionCatalogue } from './function.js';
import { inputNames } from './keys.js';
import type { Functions } from './function-port.js';
import type { FunctionKey } from '../../model/function.js';
import { readRequest } from './wire.js';

/*
 * Our functions for others: a client with an API key may register them like a service of its own
 * (docs/behaviour.md#function-services).
 */

/** How long a function may take for somebody who called over HTTP, ms. */
const TIMEOUT_MS = 20_000;

/** What a call over HTTP comes to. */
export type ServedAnswer =
  | { readonly ok: true; readonly keys: readonly FunctionKey[] }
  | { readonly ok: false; readonly status: number; readonly code: Code; readonly message: string };

/**
 * Answers the body of a request in the wire format of functions (docs/behaviour.md#function-wire-format). Dates are in UTC; the
 * caller is `$call.cli` when it was passed.
 */
export async function serveFunction(text: string, functions: Pick<Functions, 'call'>): Promise<ServedAnswer> {
  const request = readRequest(text);
  if (!request.ok) return { ok: false, status: 400, code: 'API_BAD_REQUEST', message: request.error };
  const { method, keys } = request.value;
  const call = { function: method, service: null, keys, timeoutMs: TIMEOUT_MS, timeZone: 'UTC', language: 'en', caller: null };
  const answer = await functions.call(call, new AbortController().signal);
  if (answer.reason === null) return { ok: true, keys: answer.keys };
  const code = answer.code !== null && isCode(answer.code) ? answer.code : 'FUNCTION_FAILED';
  return { ok: false, status: answer.status ?? 504, code, message: answer.detail ?? answer.reason };
}

/** A function as people look it up. */
export interface ShownFunction {
  readonly name: string;
  readonly summary: string;
  readonly inputs: readonly { readonly name: string; readonly required: boolean; readonly meaning: string }[];
  readonly outputs: readonly { readonly name: string; readonly meaning: string }[];
  /** Null: it works. */
  readonly unavailable: string | null;
}

/** Everything the catalogue says of its functions. */
export function shownFunctions(catalogue: FunctionCatalogue): readonly ShownFunction[] {
  return [...catalogue.values()].map((definition) => {
    const required = new Set(inputNames(definition).required);
    const inputs = Object.entries(definition.inputs.shape).map(([name, schema]) => {
      return { name, required: required.has(name), meaning: (schema as z.ZodType).description ?? '' };
    });
    const outputs = Object.entries(definition.outputs).map(([name, meaning]) => ({ name, meaning }));
    return { name: definition.name, summary: definition.summary, inputs, outputs, unavailable: definition.unavailable ?? null };
  });
}
