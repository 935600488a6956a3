import type { Json, JsonObject } from './json.js';

/** A field of a JSON object; undefined when there is none, or no object. */
export function jsonField(value: Json | undefined, name: string): Json | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || !Object.hasOwn(value, name)) return undefined;
  return (value as JsonObject)[name];
}
