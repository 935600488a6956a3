import { readFileSync } from 'node:fs';
import type { JsonObject } from '../../src/lib/json/json.js';

const folder = new URL('../../config/flows/', import.meta.url);

/** The document of an example flow that ships in `config/flows`. */
export function exampleFlow(id: string): JsonObject {
  return JSON.parse(readFileSync(new URL(`${id}.json`, folder), 'utf8')) as JsonObject;
}
