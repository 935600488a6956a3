import { z } from 'zod';

/* What the API says and hears. The OpenAPI document is made from these. Times are wall-clock ms unless they say otherwise. */

const time = z.number().int().describe('Milliseconds since 1970-01-01T00:00:00Z.');

/** An id of a call, delivery, recording or flow: never a path. */
export const idParam = z.string().regex(/^[A-Za-z0-9._-]{1,128}$/, 'expected letters, digits, “.”, “_” and “-”');

export const noParams = z.strictObject({});
export const byId = z.strictObject({ id: idParam });

/** A moment in a query: ISO 8601 with offset, or ms. */
const moment = z
  .union([z.iso.datetime({ offset: true }), z.string().regex(/^\d{1,14}$/)], 'expected a time such as 2030-01-31T12:00:00Z')
  .transform((text) => (/^\d+$/.test(text) ? Number(text) : Date.parse(text)))
  .meta({ override: { type: 'string', description: 'ISO 8601 with offset, or milliseconds since 1970.' } });

const wholeNumber = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, 'expected a whole number')
    .transform(Number)
    .refine((value) => value >= min && value <= max, `expected a number from ${min} to ${max}`)
    .meta({ override: { type: 'integer', minimum: min, maximum: max } });

/** `next` of an earlier page. Opaque to clients: time and id of the row the page ended with. */
export function encodeCursor(key: { readonly at: number; readonly id: string } | null): string | null {
  return key === null ? null : Buffer.from(`${key.at}:${key.id}`).toString('base64url');
}

const cursor = z
  .string()
  .max(300)
  .transform((text, context) => {
    const found = /^(\d{1,15}):([A-Za-z0-9._-]{1,128})$/.exec(Buffer.from(text, 'base64url').toString('utf8'));
    if (found?.[2] !== undefined) return { at: Number(found[1]), id: found[2] };
    context.addIssue({ code: 'custom', message: 'expected `next` of an earlier page' });
    return z.NEVER;
  })
  .meta({ override: { type: 'string', description: '`next` of the previous page.' } });

const paging = {
  limit: wholeNumber(1, 200).optional().describe('Maximum number of items on a page. Absent: 50.'),
  cursor: cursor.optional(),
};

/** Items on a page when nothing is asked. */
export const PAGE = 50;

export const callsQuery = z.strictObject({
  live: z
    .enum(['true', 'false'])
    .transform((text) => text === 'true')
    .optional()
    .describe('true: live calls. false: calls that have ended.'),
  from: moment.optional(),
  to: moment.optional(),
  cli: z.string().max(128).optional().describe('Number of the caller; an exact match.'),
  did: z.string().max(128).optional().describe('Number that was called; an exact match.'),
  flow: idParam.optional().describe('Id of the flow.'),
  cause: wholeNumber(0, 127).optional().describe('Q.850 cause of the end.'),
  ...paging,
});

/** Where deliveries go, by name: a configured webhook, `integration:ID`. */
const target = z.string().regex(/^[A-Za-z0-9._:-]{1,128}$/, 'expected the name of a webhook');

const deliveryKind = z
  .enum(['report', 'amendment', 'event', 'turn'])
  .describe(
    '`report`: the report at the end of a flow. `amendment`: the same report again, with values that came late. `event`: a call event. `turn`: an event of an integration.',
  );

const bodyMoment = z
  .union(
    [z.iso.datetime({ offset: true }).transform((text) => Date.parse(text)), z.number().int().min(0)],
    'expected a time such as 2030-01-31T12:00:00Z',
  )
  .meta({ override: { type: ['string', 'integer'], description: 'ISO 8601 with offset, or milliseconds since 1970.' } });

/** Which deliveries, but for their state; `time` reads a moment. */
const selection = <T extends z.ZodType<number>>(time: T) => ({
  webhook: target.optional().describe('Receiver: the name of a webhook, or `integration:ID`.'),
  host: z
    .string()
    .regex(/^[A-Za-z0-9._:[\]-]{1,255}$/, 'expected a host such as crm.example or crm.example:8443')
    .optional()
    .describe('Deliveries to every webhook and integration at this host, as configured now. With or without a port.'),
  kind: deliveryKind.optional(),
  call: idParam.optional().describe('Id of the call of the delivery.'),
  from: time.optional().describe('Created at or after this time.'),
  to: time.optional().describe('Created before this time.'),
  dueFrom: time.optional().describe('Next attempt at or after this time. Only pending deliveries have a next attempt.'),
  dueTo: time.optional().describe('Next attempt before this time. Only pending deliveries have a next attempt.'),
});

/** Which deliveries to send again. At least one field, so that nobody replays everything by accident. */
export const replaySchema = z
  .strictObject({
    state: z
      .enum(['dead', 'delivered', 'pending'])
      .optional()
      .describe('Absent: `dead`. With `pending`, deliveries are tried now instead of at their time.'),
    ...selection(bodyMoment),
  })
  .refine(
    (fields) => Object.values(fields).some((value) => value !== undefined),
    'expected at least one of state, webhook, host, kind, call, from, to, dueFrom, dueTo',
  );

export const replayedSchema = z
  .object({ replayed: z.number().int().describe('Number of deliveries that are due again.') })
  .meta({ id: 'Replayed' });

export const deliveriesQuery = z.strictObject({
  state: z.enum(['pending', 'delivered', 'dead']).optional(),
  ...selection(moment),
  ...paging,
});

export const linksQuery = z.strictObject({ ...paging });

export const errorSchema = z
  .object({
    error: z.object({
      code: z.string().describe('A stable code. docs/errors.md explains each one.'),
      message: z.string(),
      advice: z.string().describe('What to do.'),
    }),
  })
  .meta({ id: 'Error' });

const termination = z
  .object({
    by: z.string().describe('caller, flow, network, admin, limit, drain or crash.'),
    cause: z.number().int().describe('Q.850.'),
    sip: z.number().int().nullable().describe('SIP status. Null: the call ended by BYE.'),
    reason: z.string().describe('A short reason that does not change between versions.'),
  })
  .meta({ id: 'Termination' });

export const callSchema = z
  .object({
    id: z.string(),
    direction: z.enum(['inbound', 'outbound']),
    flowId: z.string(),
    flowVersion: z.string(),
    cli: z.string(),
    did: z.string(),
    startedAt: time,
    answeredAt: time.nullable(),
    endedAt: time.nullable().describe('Null: the call is live.'),
    termination: termination.nullable(),
    lastWidget: z.string().nullable(),
  })
  .meta({ id: 'Call' });

const recordingSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    ms: z.number().describe('Length, milliseconds.'),
    bytes: z.number().int(),
    format: z.literal('wav'),
    at: time,
    url: z.string().describe('Link to the recording. It needs no key and works until it expires.'),
  })
  .meta({ id: 'Recording' });

const legSchema = z
  .object({
    leg: z.string(),
    direction: z.enum(['inbound', 'outbound']),
    callee: z.string(),
    did: z.string(),
    party: z.string(),
    startedAt: time,
    ringingAt: time.nullable(),
    answeredAt: time.nullable(),
    endedAt: time.nullable(),
    cause: z.number().int().nullable(),
    sip: z.number().int().nullable(),
    remote: z.boolean().describe('true: the far end ended it.'),
  })
  .meta({ id: 'Leg' });

const stepSchema = z
  .object({
    step: z.number().int(),
    widget: z.string(),
    type: z.string(),
    label: z.string().nullable(),
    anchor: z.string(),
    exit: z.string().nullable().describe('Null: the step did not reach an exit.'),
    next: z.string().nullable(),
    at: time,
    ms: z.number(),
  })
  .meta({ id: 'Step' });

const entrySchema = z
  .looseObject({ seq: z.number().int(), at: time, ms: z.number().describe('Time since the first entry, ms.'), type: z.string() })
  .meta({ id: 'JournalEntry' });

/** One call with all its steps. */
export const callStorySchema = z
  .object({
    call: callSchema,
    variables: z.record(z.string(), z.json()).nullable().describe('Variables at the end of the call, if the flow keeps them.'),
    udf: z.record(z.string(), z.json()).nullable().describe('Report columns of the flow. Null: the call is live.'),
    legs: z.array(legSchema),
    steps: z.array(stepSchema),
    webhooks: z.array(z.looseObject({ widget: z.string(), url: z.string(), status: z.number().nullable() })),
    faults: z.array(z.looseObject({ widget: z.string(), code: z.string(), message: z.string() })),
    recordings: z.array(recordingSchema),
    timeline: z.array(entrySchema).describe('Everything that happened, in order. Masked digits are ***.'),
  })
  .meta({ id: 'CallStory' });

const deliveryFields = {
  id: z.string(),
  callId: z.string(),
  kind: deliveryKind,
  webhook: z.string(),
  state: z.enum(['pending', 'delivered', 'dead']),
  createdAt: time,
  dueAt: time.nullable().describe('Time of the next attempt. Null: no attempt follows.'),
  stream: z.string().nullable().describe('Deliveries of one stream are sent one after the other.'),
  cause: z.string().nullable().describe('Why the delivery is dead.'),
};

export const deliverySchema = z.object({ ...deliveryFields, attempts: z.number().int() }).meta({ id: 'Delivery' });

const attemptSchema = z
  .object({
    n: z.number().int(),
    at: time,
    ms: z.number(),
    status: z.number().int().nullable(),
    error: z.string().nullable(),
  })
  .meta({ id: 'Attempt' });

export const deliveryStorySchema = z
  .object({
    ...deliveryFields,
    body: z.string().describe('The body that is sent.'),
    shape: z
      .object({
        method: z.string(),
        query: z.array(z.tuple([z.string(), z.string()])),
        headers: z.array(z.tuple([z.string(), z.string()])),
        contentType: z.string(),
      })
      .nullable()
      .describe('How it is sent if not as a POST of JSON. Secrets show their name.'),
    replayedAfter: z.number().int().describe('Number of attempts before the last replay.'),
    attempts: z.array(attemptSchema),
  })
  .meta({ id: 'DeliveryStory' });

export const flowSchema = z.object({ id: z.string(), name: z.string(), version: z.string() }).meta({ id: 'Flow' });

export const flowStorySchema = flowSchema.extend({ document: z.looseObject({}) }).meta({ id: 'FlowStory' });

export const problemSchema = z
  .object({
    code: z.string(),
    severity: z.enum(['error', 'warning']),
    file: z.string().optional(),
    path: z.string(),
    message: z.string(),
    advice: z.string(),
  })
  .meta({ id: 'Problem' });

export const brokenFlowSchema = z
  .object({
    id: z.string().describe('Id of the flow. The name of the file if the id cannot be read.'),
    file: z.string(),
    problem: problemSchema.describe('The first error of the file. While `items` has the id, calls use the previous version.'),
  })
  .meta({ id: 'BrokenFlow' });

/** A page of something. */
export function pageOf(item: z.ZodType) {
  return z.object({
    items: z.array(item),
    next: z.string().nullable().describe('`cursor` of the next page. Null: this is the last page.'),
  });
}
