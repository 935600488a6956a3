import type { z } from 'zod';
import type { Code } from '../../lib/codes.js';
import { jsonTooBig } from '../../lib/json/json-limits.js';
import { failure, type Reply } from './reply.js';

/** How a body that cannot be used is answered. */
export interface BodyRefusal {
  readonly status: number;
  readonly code: Code;
}

const BAD_REQUEST: BodyRefusal = { status: 400, code: 'API_BAD_REQUEST' };

/** Reads the body of a request by a schema and goes on, or answers what is wrong with it. */
export async function withBody<T>(
  body: string,
  schema: z.ZodType<T>,
  go: (value: T) => Reply | Promise<Reply>,
  { status, code }: BodyRefusal = BAD_REQUEST,
): Promise<Reply> {
  const tooBig = jsonTooBig(body);
  if (tooBig !== null) return failure(status, code, `body: ${tooBig}.`);
  let fields: unknown;
  try {
    fields = JSON.parse(body);
  } catch {
    return failure(status, code, 'The body is not JSON.');
  }
  const parsed = schema.safeParse(fields);
  if (parsed.success) return go(parsed.data);
  const [issue] = parsed.error.issues;
  const place = issue?.path.map(String).join('.') ?? '';
  return failure(status, code, `body${place === '' ? '' : ` “${place}”`}: ${issue?.message ?? 'not valid'}.`);
}
