import { z } from 'zod';
import type { WebhookCall } from '../../model/webhook.js';
import type { WidgetContext } from '../../flow/widget.js';
import { objectOfRows } from '../../lib/json/field-rows.js';
import { isBranch, type Json } from '../../lib/json/json.js';
import { jsonText } from '../../lib/json/json-text.js';
import { CHAT_BODY, chatMembers } from './chat.js';
import type { Gathering } from './gathering.js';
import { formRows, objectRows, template } from './rows.js';

/* The body of a webhook (docs/behaviour.md#request-bodies): the field as a flow writes it, and the text that is sent. */

/** Longest text of a body, before its variables are put in. */
const MAX_CONTENT = 65_536;

const formFields = {
  fields: formRows.optional().describe('Rows, each escaped; or write the form as text in `content`.'),
  content: template(MAX_CONTENT).optional().describe('`a=1&b=$flow.key.b`: variables are escaped for their place.'),
};

export const bodyField = z.discriminatedUnion(
  'type',
  [
    z.strictObject({ type: z.literal('none').describe('Kind of body; sets the Content-Type unless a header does.') }),
    z.strictObject({
      type: z.literal('json'),
      content: z
        .union([template(MAX_CONTENT), z.record(z.string(), z.json()), z.array(z.json())])
        .describe('JSON text, or the JSON itself; a string that is exactly one variable takes its typed value.'),
    }),
    z.strictObject({
      type: z.literal('fields'),
      fields: objectRows.describe('JSON by rows: `a.b` nests, `a[]` appends, `a[].b` makes one object per group of rows.'),
    }),
    z.strictObject({ type: z.enum(['xml', 'text', 'html']), content: template(MAX_CONTENT) }),
    z
      .strictObject({ type: z.enum(['urlencoded', 'form']), ...formFields })
      .refine(({ fields, content }) => (fields === undefined) !== (content === undefined), {
        message: 'A form has either `fields` or `content`.',
      }),
    z.strictObject({ type: z.literal('multipart'), fields: formRows }),
  ],
  'must be an object with a `type`, e.g. {"type": "json", "content": {"phone": "$call.cli"}}',
);

export type WebhookConfigBody = z.infer<typeof bodyField>;

/** The body with its variables put in; JSON is parsed and written anew when it is sent (docs/behaviour.md#json-is-rewritten). */
export function resolveBody(body: WebhookConfigBody, gathering: Gathering, random: WidgetContext['random']): WebhookCall['body'] {
  switch (body.type) {
    case 'none':
      return null;
    case 'json':
      return json(typeof body.content === 'string' ? gathering.text(body.content, 'json') : fill(body.content, gathering));
    case 'fields':
      return json(jsonText(objectOfRows(members(body, gathering))));
    case 'xml':
      return text('application/xml', gathering.text(body.content, 'xml'));
    case 'html':
      return text('text/html', gathering.text(body.content, 'xml'));
    case 'text':
      return text('text/plain', gathering.text(body.content, 'text'));
    case 'urlencoded':
    case 'form':
      return text('application/x-www-form-urlencoded', form(body, gathering));
    case 'multipart':
      return multipart(gathering.fields(body.fields), random.uuid());
  }
}

function text(type: string, content: string): WebhookCall['body'] {
  return { contentType: `${type}; charset=utf-8`, text: content };
}

function json(content: string): WebhookCall['body'] {
  return text('application/json', content);
}

/**
 * JSON written as JSON: variables are put into its strings; one that is nothing but a variable becomes that value
 * (docs/behaviour.md#escaping).
 */
function fill(content: Json, gathering: Gathering): string {
  const filled = (value: Json): Json => {
    if (typeof value === 'string') return gathering.typed(value);
    if (!isBranch(value)) return value;
    if (Array.isArray(value)) return value.map(filled);
    return Object.fromEntries(Object.entries(value).map(([key, item]: [string, Json]) => [key, filled(item)]));
  };
  return jsonText(filled(content));
}

function members(body: Extract<WebhookConfigBody, { type: 'fields' }>, gathering: Gathering): ReturnType<Gathering['members']> {
  const rows = gathering.members(body.fields);
  return body === CHAT_BODY ? chatMembers(rows) : rows;
}

function form(
  { fields, content }: Pick<WebhookConfigBody & { type: 'form' }, 'fields' | 'content'>,
  gathering: Gathering,
): string {
  if (content !== undefined) return gathering.text(content, 'form');
  const pairs = gathering.fields(fields ?? []).map(({ key, value }): [string, string] => [key, value]);
  return new URLSearchParams(pairs).toString();
}

/** RFC 7578: one part per field; quotes and line breaks in names are percent-encoded as browsers do. */
function multipart(fields: readonly { key: string; value: string }[], boundary: string): WebhookCall['body'] {
  const parts = fields.map(({ key, value }) => {
    const name = key.replace(/["\r\n]/gu, (char) => encodeURIComponent(char));
    return `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
  });
  return { contentType: `multipart/form-data; boundary=${boundary}`, text: `${parts.join('')}--${boundary}--\r\n` };
}
