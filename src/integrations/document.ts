import { z } from 'zod';
import { configuredAuthSchema } from '../webhooks/auth/configured-auth.js';

/*
 * An integration as its author writes it (docs/behaviour.md#integration-fields): where the turns of a call are sent, and what is
 * in them.
 */

/** What an event can tell (docs/behaviour.md#integration-events). */
export const PREDEFINED = ['chatId', 'contact', 'event', 'text', 'multimedia.url', 'multimedia.caption'] as const;

export type Predefined = (typeof PREDEFINED)[number];

const ROW_TYPES = ['text', 'variable', 'predefined'] as const;

const rowSchema = z.strictObject({
  key: z.string().min(1).max(200).describe('Name of the parameter, header or field; in the body `a.b`, `a[]` and `a[].b` nest.'),
  value: z
    .string()
    .max(4096)
    .optional()
    .describe('The text, the variable, or which part of the event; the last is the key when absent.'),
  type: z
    .enum(ROW_TYPES)
    .default('text')
    .describe('`text`: as it stands. `variable`: what it holds at the turn. `predefined`: a part of the event.'),
});

/** One row of parameters, headers or body. */
export type IntegrationRow = z.output<typeof rowSchema>;

const rows = z.array(rowSchema).max(100);

export const integrationSchema = z.strictObject({
  alias: z.string().trim().min(1).max(100).describe('Name for people.'),
  method: z.enum(['POST', 'GET', 'PUT', 'DELETE', 'PATCH']).default('POST'),
  url: z.string().min(1).max(2000).describe('https address; `$secret.NAME` is put in when sending.'),
  params: rows.optional().describe('Query parameters. With GET they carry the event: its six parts when absent.'),
  auth: configuredAuthSchema,
  sign: z.string().min(1).max(64).nullable().default(null).describe('A signer of `credentials.json` that signs every request.'),
  headers: rows.default([]).describe('Headers beside those that are always sent.'),
  body: rows
    .optional()
    .describe('Fields of the JSON body: the six parts of the event when absent. A row that is not there is not sent.'),
  connections: z
    .array(z.string().min(1).max(128))
    .max(1000)
    .default([])
    .describe('Numbers whose calls belong to it. None: only flows that name it do.'),
  start: z.boolean().default(false).describe('Also send an event START when a call begins.'),
});

const ALL_PARTS: readonly IntegrationRow[] = PREDEFINED.map((key) => ({ key, type: 'predefined' }));

/** An integration, complete. */
export interface IntegrationDocument extends Omit<z.output<typeof integrationSchema>, 'params' | 'body'> {
  readonly params: readonly IntegrationRow[];
  readonly body: readonly IntegrationRow[];
}

/** The rows that were left out put in: a GET carries the event in its parameters, everything else in its body. */
export function completed(parsed: z.output<typeof integrationSchema>): IntegrationDocument {
  const inParams = parsed.method === 'GET';
  return { ...parsed, params: parsed.params ?? (inParams ? ALL_PARTS : []), body: parsed.body ?? (inParams ? [] : ALL_PARTS) };
}

/** The part of the event a row names; null when it names none. */
export function partOf({ key, value = key }: IntegrationRow): Predefined | null {
  return PREDEFINED.find((name) => name === value) ?? null;
}
