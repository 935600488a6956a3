import { createHash } from 'node:crypto';
import { z } from 'zod';
import { isBranch, type Json } from '../../lib/json/json.js';
import { ok } from '../../lib/result.js';
import { isList, parseJson } from '../shared/values.js';
import { defineOperation, failure, operand } from './operator.js';

/* Assignment, JSON, Base64 and digests. */

const PATH = /^(?:\.?[A-Za-z0-9_-]+|\[\d{1,6}\]|\['[^'\]]+'\])+$/;
const PATH_STEP = /\['([^'\]]+)'\]|\[(\d+)\]|[A-Za-z0-9_-]+/g;

/** The value at a path, or undefined. Only own fields count: `constructor` is no field of an object that has none of that name. */
function valueAt(document: Json, path: string): Json | undefined {
  let value: Json | undefined = document;
  for (const [step, quoted] of path.matchAll(PATH_STEP)) {
    if (!isBranch(value)) return undefined;
    const name = quoted ?? step.replace(/[[\]]/g, '');
    if (isList(value)) value = /^\d+$/.test(name) ? value[Number(name)] : undefined;
    else value = Object.hasOwn(value, name) ? value[name] : undefined;
  }
  return value;
}

export const dataOperations = [
  defineOperation({
    name: 'assign',
    summary: 'The value itself; a lone variable keeps its type.',
    fields: { value: operand },
    apply: ({ value }, inputs) => ok(inputs.value(value)),
  }),
  defineOperation({
    name: 'jsonGet',
    summary: 'A value out of a list, an object or JSON text.',
    fields: {
      value: operand,
      path: z
        .string()
        .max(500)
        .regex(PATH, "must be names and positions such as items[0].name or ['odd name']")
        .describe("Where it is: `items[0].name`, `['odd name']`."),
    },
    apply({ value, path }, inputs) {
      const source = inputs.value(value);
      const document = typeof source === 'string' ? parseJson(source) : source;
      if (document === undefined) return failure('VALUE_NOT_JSON', 'The text is not JSON.');
      const found = valueAt(document, path);
      return found === undefined ? failure('VALUE_NOT_FOUND', `There is nothing at ${path}.`) : ok(found);
    },
  }),
  defineOperation({
    name: 'base64Encode',
    summary: 'A text in Base64 (of its UTF-8 bytes).',
    fields: { value: operand },
    apply({ value }, inputs) {
      const text = inputs.text(value);
      return text.ok ? ok(Buffer.from(text.value, 'utf8').toString('base64')) : text;
    },
  }),
  defineOperation({
    name: 'base64Decode',
    summary: 'The text (UTF-8) that a Base64 text stands for.',
    fields: { value: operand },
    apply({ value }, inputs) {
      const text = inputs.text(value);
      if (!text.ok) return text;
      const encoded = text.value.replace(/\s/g, '');
      const bytes = Buffer.from(encoded, 'base64');
      const decoded = bytes.toString('utf8');
      const isBase64 = bytes.toString('base64').replace(/=+$/, '') === encoded.replace(/=+$/, '');
      const isText = Buffer.from(decoded, 'utf8').equals(bytes);
      return isBase64 && isText ? ok(decoded) : failure('VALUE_NOT_BASE64', 'The value is not text in Base64.');
    },
  }),
  defineOperation({
    name: 'hash',
    summary: 'The digest of a text (of its UTF-8 bytes).',
    fields: {
      value: operand,
      algorithm: z.enum(['sha256', 'sha512']).default('sha256').describe('Digest.'),
      encoding: z.enum(['hex', 'base64']).default('hex').describe('How it is written.'),
    },
    apply({ value, algorithm, encoding }, inputs) {
      const text = inputs.text(value);
      return text.ok ? ok(createHash(algorithm).update(text.value, 'utf8').digest(encoding)) : text;
    },
  }),
] as const;
