import type { Json } from '../lib/json/json.js';
import type { WebhookAnswer } from './webhook.js';

/* A call of a function and its answer (docs/behaviour.md#function-inputs): built in, or of a service that is a configured webhook. */

/** A value that goes into a function or comes out of it, named with its namespace: `$flow.key.inputDate`. */
export interface FunctionKey {
  readonly name: string;
  readonly value: Json;
}

/** A call of a function (docs/behaviour.md#function-inputs), variables already put in. */
export interface FunctionCall {
  readonly function: string;
  /** Name of the configured webhook that answers it; null: one of ours. */
  readonly service: string | null;
  readonly keys: readonly FunctionKey[];
  readonly timeoutMs: number;
  /** Of the flow: how dates and texts are meant. */
  readonly timeZone: string;
  readonly language: string;
  /** The caller's number; null when it is not known. */
  readonly caller: string | null;
  /** A masked value is among the keys: none of them is shown. */
  readonly masked?: boolean;
  /** Inputs that are not passed because they have no value, for readers of the journal. Absent: none. */
  readonly leftOut?: readonly string[];
}

/**
 * What a function answered (docs/behaviour.md#function-results): the values it sets, or why it failed. `url` is that of the
 * service; empty for our own.
 */
export type FunctionAnswer = Pick<
  WebhookAnswer,
  'status' | 'statusType' | 'duration' | 'raw' | 'reason' | 'detail' | 'attempts' | 'url'
> & {
  /** `$flow.key.*` and `$user.key.*` to set; empty on failure. */
  readonly keys: readonly FunctionKey[];
  /** Stable code of a failure when there is one, e.g. `FUNCTION_BAD_INPUT`. */
  readonly code: string | null;
};
