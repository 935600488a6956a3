import { parseNameAddr } from '../message/headers.js';
import { parseSipUri } from '../message/uri.js';
import type { Dialog } from './dialog.js';

/** Request-URI and Route of a request inside a dialog (RFC 3261 §12.2.1.1). */
export interface DialogRoute {
  readonly uri: string;
  readonly routes: readonly string[];
  /** The URI whose host gets the request. */
  readonly next: string;
}

/**
 * Loose routing leaves the remote target in the Request-URI; a first hop without `lr` is a strict router (RFC 3261 §12.2.1.1).
 */
export function dialogRoute(dialog: Pick<Dialog, 'routes' | 'target'>): DialogRoute {
  const [first, ...others] = dialog.routes;
  const firstUri = first === undefined ? null : (parseNameAddr(first)?.uri ?? null);
  if (firstUri === null) return { uri: dialog.target, routes: [], next: dialog.target };
  if (parseSipUri(firstUri)?.params.has('lr') === true) return { uri: dialog.target, routes: dialog.routes, next: firstUri };
  return { uri: firstUri, routes: [...others, `<${dialog.target}>`], next: firstUri };
}
