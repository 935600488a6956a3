import type { z } from 'zod';
import { jsonTooBig } from '../lib/json-limits.js';
import { failure, type Reply } from './reply.js';

/** Reads the body of a request by a schema and goes on, or answers what is wrong with it. */
export async function withBody<T>(body: string, schema: z.ZodType<T>, go: (value: T) => Reply | Promise<Reply>): Promise<Reply> {
  const tooBig = jsonTooBig(body);
  if (tooBig !== null) return failure(400, 'API_BAD_REQUEST', `body: ${tooBig}.`);
  let fields: unknown;
  try {
    fields = JSON.parse(body);
  } catch {
    return failure(400, 'API_BAD_REQUEST', 'The body is not JSON.');
  }
  const parsed = schema.safeParse(fields);
  if (parsed.success) return go(parsed.data);
  const [issue] = parsed.error.issues;
  const place = issue?.path.map(String).join('.') ?? '';
  return failure(400, 'API_BAD_REQUEST', `body${place === '' ? '' : ` “${place}”`}: ${issue?.message ?? 'not valid'}.`);
}
