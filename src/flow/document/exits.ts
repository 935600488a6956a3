import type { Flow, FlowWidget } from './document.js';
import type { ExitDoc } from '../widget.js';

/** Where an exit leads. */
export type ExitTarget =
  | { readonly kind: 'wired'; readonly next: string | null }
  /** An error exit that only the flow's `onError` catches. */
  | { readonly kind: 'flowOnError'; readonly next: string }
  /** An error exit that nothing catches. */
  | { readonly kind: 'unhandled' }
  /** A plain exit that nobody wired; the checker refuses such flows. */
  | { readonly kind: 'unwired' };

/** The exits of a widget as it is configured. */
export function exitsOf(widget: FlowWidget): Readonly<Record<string, ExitDoc>> {
  return widget.definition.exits(widget.config, [...widget.exits.keys()]);
}

/**
 * Follows an exit: its own wire, else its fallback's; an error exit then goes to the widget's `onError`, then to the flow's
 * (unless `inAnchor`: the call is over and `onError` may speak).
 */
export function wayOut(flow: Pick<Flow, 'document'>, widget: FlowWidget, exit: string, inAnchor: boolean): ExitTarget {
  const docs = exitsOf(widget);
  let error = false;
  const tried = new Set<string>();
  for (let name: string | undefined = exit; name !== undefined && !tried.has(name); name = docs[name]?.fallback) {
    tried.add(name);
    const next = widget.exits.get(name);
    if (next !== undefined) return { kind: 'wired', next };
    // An exit the widget does not have is the engine's own: the widget crashed.
    const doc: ExitDoc | undefined = docs[name];
    error ||= doc === undefined || doc.error === true;
  }
  if (!error) return { kind: 'unwired' };
  if (widget.onError !== null) return { kind: 'wired', next: widget.onError };
  if (flow.document.onError !== null && !inAnchor) return { kind: 'flowOnError', next: flow.document.onError };
  return { kind: 'unhandled' };
}

/** The exit a widget that crashed leaves by: `failed`, else its first error exit, else one of the engine's own. */
export function crashExit(widget: FlowWidget): string {
  const docs = exitsOf(widget);
  if (docs['failed']?.error === true) return 'failed';
  return Object.entries(docs).find(([, doc]) => doc.error === true)?.[0] ?? 'error';
}
