import type { Json } from '../lib/json.js';
import type { FlowDocument } from './document.js';

/** What is shorter may be kept without a thought. Characters. */
const LONG = 16_384;

/** True for a value that a call shall not hold without need: characters of a text, or of the JSON text of anything else. */
export function isLong(value: Json): boolean {
  if (typeof value === 'string') return value.length > LONG;
  return typeof value === 'object' && value !== null && JSON.stringify(value).length > LONG;
}

/**
 * True when a flow may read that field of a widget's result: it stands somewhere in its document, as `$widget.lookup.response_raw` or as an
 * expression spells it.
 */
export function readsResult(document: FlowDocument, widget: string, field: string): boolean {
  const between = String.raw`(?:\W|\\[nrt])+`;
  return new RegExp(`widget${between}${widget}${between}${field}\\b`, 'u').test(JSON.stringify(document));
}
