import type { FlowDocument } from './document.js';

/**
 * True when a flow may read that field of a widget's result: it stands somewhere in its document, as `$widget.lookup.response_raw` or as an
 * expression spells it.
 */
export function readsResult(document: FlowDocument, widget: string, field: string): boolean {
  const between = String.raw`(?:\W|\\[nrt])+`;
  return new RegExp(`widget${between}${widget}${between}${field}\\b`, 'u').test(JSON.stringify(document));
}
