import type { Json, JsonObject } from '../../lib/json.js';
import type { Opened } from './placeholders.js';
import { isSecret } from './secret-shape.js';

/** A body without the credentials that stood in it, and the variables that stand there now. */
export interface CleanBody {
  readonly body: JsonObject | null;
  readonly variables: readonly Opened[];
}

/**
 * Takes credentials out of a body. Secrets are legal in headers, query and `auth` only (decision D9), so that a variable takes the
 * place of each; the flow has to say what it holds.
 */
export function secretsInBody(body: JsonObject | null): CleanBody {
  if (body === null) return { body, variables: [] };
  const variables: Opened[] = [];
  const taken = (name: string, value: string): string => {
    if (!isSecret(name, value, 'body') || value.startsWith('zqplace')) return value;
    const plain = name.replace(/[^A-Za-z0-9]+/gu, '_').replace(/^_+|_+$/gu, '') || 'credential';
    const full = `$flow.key.${plain}`;
    if (variables.every((one) => one.name !== full)) variables.push({ name: full, source: `The field ${name} of the body` });
    return full;
  };
  const { fields, content } = body;
  if (Array.isArray(fields)) {
    const rows = fields.map((row: Json) => {
      const { key, value } = row as { key: string; value: string };
      return { key, value: taken(key, value) };
    });
    return { body: { ...body, fields: rows }, variables };
  }
  if (typeof content !== 'object' || content === null) return { body, variables };
  return { body: { ...body, content: within('', content, taken) }, variables };
}

function within(name: string, value: Json, taken: (name: string, value: string) => string): Json {
  if (typeof value === 'string') return taken(name, value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((member: Json) => within(name, member, taken));
  return Object.fromEntries(Object.entries(value).map(([key, member]: [string, Json]) => [key, within(key, member, taken)]));
}
