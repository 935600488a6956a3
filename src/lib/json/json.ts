import { isExact, type ExactNumber } from '../number/exact-number.js';

/** Any JSON value. Everything that crosses a port or reaches the journal is one of these. */
export type Json = string | number | ExactNumber | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** A JSON object. */
export type JsonObject = { readonly [key: string]: Json };

/** True for a list or an object: what has members. */
export function isBranch(value: Json | undefined): value is readonly Json[] | JsonObject {
  return typeof value === 'object' && value !== null && !isExact(value);
}

/** True for a number, however it is held. */
export function isNumber(value: Json | undefined): value is number | ExactNumber {
  return typeof value === 'number' || isExact(value);
}
