import { z } from 'zod';
import type { Json } from '../../lib/json/json.js';
import type { WidgetDefinition } from '../widget.js';

/*
 * A flow file (docs/flows.md). The document's own schema knows the frame; each widget's fields are checked by the
 * schema the widget declares.
 */

const jsonValue: z.ZodType<Json> = z.json();

/** The frame every widget shares. The widget type's own fields sit beside these. */
export const widgetFrameSchema = z.looseObject({
  type: z.string().min(1).describe('Widget type.'),
  label: z.string().max(100).optional().describe('Name for people; no effect on execution.'),
  notes: z.string().max(1000).optional().describe('Free text.'),
  exits: z.record(z.string(), z.string().nullable()).optional().describe('Exit → id of the next widget; null ends the flow.'),
  onError: z.string().nullable().optional().describe('Widget for the error exits of this widget that are not wired.'),
});

/** A flow file. */
export const flowDocumentSchema = z.strictObject({
  $schema: z.string().optional(),
  id: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/)
    .describe('Letters, digits, `_`, `-`; at most 64.'),
  name: z.string().min(1).max(100),
  description: z.string().max(1000).optional(),
  webhook: z.boolean().default(false).describe('Post the flow-end report to the default webhook.'),
  record: z.boolean().default(false).describe('Record the whole call.'),
  language: z.string().default('en-US').describe('Default language of spoken text, BCP 47.'),
  timeZone: z.string().default('UTC').describe('IANA zone of timestamps and date operations.'),
  variables: z
    .record(z.string(), jsonValue)
    .default({})
    .describe('Initial values of `$flow.key.*`; a name in capitals declares `$NAME`. null declares without a value.'),
  udf: z
    .array(
      z.strictObject({
        name: z
          .string()
          .regex(/^[A-Za-z_][A-Za-z0-9_]{0,63}$/)
          .describe('Name of the column.'),
        variable: z.string().max(200).describe('The variable whose last value it holds, e.g. `$flow.key.order`.'),
        type: z
          .enum(['string', 'number', 'boolean', 'json'])
          .default('string')
          .describe('What the value is turned into; a value that cannot be is left empty (null).'),
      }),
    )
    .max(50)
    .default([])
    .describe('Columns of the report (UDF): kept after the call and shown by the API. Empty (null) when never set.'),
  integration: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/)
    .optional()
    .describe('Id of the integration that gets the turns of all calls of this flow, for every called number.'),
  maxSteps: z
    .number()
    .int()
    .min(1)
    .max(10_000)
    .optional()
    .describe('Maximum number of widgets that one call runs. Absent: the limit of the configuration.'),
  start: z.string().describe('Id of the first widget.'),
  widgets: z.record(z.string().regex(/^[A-Za-z0-9_-]{1,64}$/), widgetFrameSchema),
  onRemoteHangup: z.string().nullable().default(null).describe('Anchor: runs without audio when the caller hangs up.'),
  onFlowComplete: z.string().nullable().default(null).describe('Anchor: runs without audio at the end of every flow.'),
  onError: z.string().nullable().default(null).describe('Anchor: where error exits go that no widget wired.'),
});

export type FlowDocument = z.infer<typeof flowDocumentSchema>;

/** A widget of a checked flow, ready to run. */
export interface FlowWidget {
  readonly id: string;
  readonly definition: WidgetDefinition;
  readonly label: string | null;
  /** Parsed by the definition's schema, defaults filled in. */
  readonly config: unknown;
  readonly exits: ReadonlyMap<string, string | null>;
  readonly onError: string | null;
}

/** A checked flow. Immutable: a running call keeps the one it began with. */
export interface Flow {
  readonly id: string;
  readonly name: string;
  /** Hash of the document: 12 hex digits; changes with any change of content. */
  readonly version: string;
  readonly document: FlowDocument;
  readonly widgets: ReadonlyMap<string, FlowWidget>;
}
