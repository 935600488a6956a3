import type { z } from 'zod';
import type { Code } from '../../lib/codes.js';
import type { Json } from '../../lib/json/json.js';
import { err, type Result } from '../../lib/result.js';
import type { FunctionServices } from './ports.js';
import type { FunctionKey } from '../../model/function.js';

/** Codes by which a function can fail. */
export type FunctionFailureCode = Extract<Code, `FUNCTION_${string}`>;

export interface FunctionFailure {
  readonly code: FunctionFailureCode;
  /** A sentence for the flow's author. */
  readonly detail: string;
}

/** Values by full name (`$flow.key.*`, `$user.key.*`), or why there are none. */
export type FunctionOutcome = Result<Readonly<Record<string, Json>>, FunctionFailure>;

/** Everything a function may touch. */
export interface FunctionContext {
  /** Wall-clock ms. */
  readonly now: () => number;
  /** IANA zone of the flow. */
  readonly timeZone: string;
  /** BCP 47 tag of the flow. */
  readonly language: string;
  /** The caller's number; null when it is not known. */
  readonly caller: string | null;
  /** All that was passed, inputs included. */
  readonly keys: readonly FunctionKey[];
  readonly services: FunctionServices;
  /** ms the caller of the function waits at most. */
  readonly timeoutMs: number;
  /** Aborts when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
}

/** One internal function: documentation, inputs, outputs and behaviour in one declaration. */
export interface FunctionDefinition<I extends z.ZodObject = z.ZodObject> {
  /** What stands in `method` on the wire. */
  readonly name: string;
  /** One line for lists. */
  readonly summary: string;
  /** Markdown for the reference page. */
  readonly docs: string;
  /** Inputs by name without namespace. Values come from people and variables: texts are read as what they mean. */
  readonly inputs: I;
  /** Variables it sets, by full name, and what each holds. */
  readonly outputs: Readonly<Record<string, string>>;
  /** Keys of a call that works, as on the wire. */
  readonly example: readonly FunctionKey[];
  /** Why it cannot work in this runtime, as a sentence part; flows that use it are warned. */
  readonly unavailable?: string;
  run(inputs: z.output<I>, context: FunctionContext): Promise<FunctionOutcome> | FunctionOutcome;
}

/** Identity with types: the one way to declare a function. */
export function defineFunction<I extends z.ZodObject>(definition: FunctionDefinition<I>): FunctionDefinition<I> {
  return definition;
}

/** A failure as an outcome. */
export function failure(code: FunctionFailureCode, detail: string): { readonly ok: false; readonly error: FunctionFailure } {
  return err({ code, detail });
}

/** Our functions by name. */
export type FunctionCatalogue = ReadonlyMap<string, FunctionDefinition>;
