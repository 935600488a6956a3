import type { Json } from '../lib/json/json.js';
import { jsonText, portableJsonText } from '../lib/json/json-text.js';
import { objectOfRows } from '../lib/json/field-rows.js';
import { fitHeader } from '../lib/header-value.js';
import { namedUuid } from '../lib/named-uuid.js';
import type { DeliveryShape, NewDelivery } from '../model/delivery.js';
import { withoutSecrets } from '../webhooks/secrets/secrets.js';
import { type IntegrationDocument, type IntegrationRow, partOf, type Predefined } from './document.js';

/** What happened in a chat, which is a call (docs/behaviour.md#integration-events). */
export interface ChatEvent {
  /** Unique within the call, the same however often the event is told. */
  readonly key: string;
  readonly event: 'START' | 'MESSAGE' | 'END';
  readonly callId: string;
  /** The caller's number, digits only. */
  readonly contact: string;
  /** What was said or keyed in; empty when nothing. */
  readonly text: string;
  readonly multimedia: { readonly url: string; readonly caption: string } | null;
  /** Wall-clock ms. */
  readonly at: number;
  /** When it is sent at the earliest. */
  readonly dueAt: number;
}

/** What a variable holds now, by full name; undefined when nothing. */
export type VariableReader = (name: string) => Json | undefined;

/** Whose event it is. */
export interface EventOwner {
  readonly id: string;
  readonly document: Pick<IntegrationDocument, 'method' | 'params' | 'headers' | 'body'>;
}

/** Name of the target that deliveries of an integration go to. */
export function targetName(id: string): string {
  return `integration:${id}`;
}

/** The id behind a {@link targetName}; null when the name is no such one. */
export function integrationOf(target: string): string | null {
  return target.startsWith('integration:') ? target.slice('integration:'.length) : null;
}

/**
 * The delivery of an event: made once, with the variables as they are now. Those of a chat go out one after the other; told twice it is
 * one delivery.
 */
export function chatDelivery({ id, document }: EventOwner, event: ChatEvent, variable: VariableReader): NewDelivery {
  const { callId, key, at, dueAt } = event;
  const webhook = targetName(id);
  return {
    id: namedUuid(`${callId}/${key}/${webhook}`),
    callId,
    kind: 'turn',
    webhook,
    stream: `${webhook}:${callId}`,
    shape: shapeOf(document, event, variable),
    body: portableJsonText(objectOfRows(document.body.map((row) => ({ key: row.key, value: valueOf(row, event, variable) })))),
    createdAt: at,
    dueAt,
  };
}

function shapeOf({ method, params, headers }: EventOwner['document'], event: ChatEvent, variable: VariableReader): DeliveryShape {
  const texts = (rows: readonly IntegrationRow[], fit: (text: string) => string): [string, string][] =>
    rows.flatMap((row): [string, string][] => {
      // Only what the author wrote may name a secret.
      if (row.type === 'text') return [[row.key, row.value ?? '']];
      const value = valueOf(row, event, variable);
      return value === undefined ? [] : [[row.key, withoutSecrets(fit(textOf(value).slice(0, MAX_IN_SHAPE)))]];
    });
  return {
    method,
    query: texts(params, (text) => text),
    headers: texts(headers, (text) => fitHeader(text).text),
    contentType: 'application/json; charset=utf-8',
  };
}

/** Most that one variable adds to a body, and to a query or a header, characters: a hundred rows may name the same one. */
const MAX_IN_BODY = 65_536;
const MAX_IN_SHAPE = 4_096;

/** What a row sends: undefined when it is left out, as a part of the event is that the event has not. A variable without a value is empty. */
function valueOf(row: IntegrationRow, event: ChatEvent, variable: VariableReader): Json | undefined {
  if (row.type === 'text') return row.value ?? '';
  if (row.type === 'variable') return bounded(variable(row.value ?? '') ?? '');
  const part = partOf(row);
  return part === null ? undefined : partsOf(event)[part];
}

function partsOf({ callId, contact, event, text, multimedia }: ChatEvent): Readonly<Record<Predefined, string | undefined>> {
  return {
    chatId: callId,
    contact,
    event,
    text,
    'multimedia.url': multimedia?.url,
    'multimedia.caption': multimedia?.caption,
  };
}

/** A value that is too long is cut, and with that a text. */
function bounded(value: Json): Json {
  const text = textOf(value);
  return text.length <= MAX_IN_BODY ? value : text.slice(0, MAX_IN_BODY);
}

function textOf(value: Json): string {
  return typeof value === 'string' ? value : jsonText(value);
}
