import { parseNameAddr } from '../headers.js';
import { isPrivateAddress } from '../transport/addresses.js';
import { resolve } from '../transport/resolve.js';
import type { Transports } from '../transport/transports.js';
import type { Hop } from '../transport/types.js';
import { ipFamily, parseSipUri, type SipUri } from '../uri.js';
import type { Dialog } from './dialog.js';

/** Request-URI and Route of a request inside a dialog (§12.2.1.1). */
export interface DialogRoute {
  readonly uri: string;
  readonly routes: readonly string[];
  /** The URI whose host gets the request. */
  readonly next: string;
}

/** Loose routing leaves the remote target in the Request-URI; a first hop without `lr` is a strict router (§12.2.1.1). */
export function dialogRoute(dialog: Pick<Dialog, 'routes' | 'target'>): DialogRoute {
  const [first, ...others] = dialog.routes;
  const firstUri = first === undefined ? null : (parseNameAddr(first)?.uri ?? null);
  if (firstUri === null) return { uri: dialog.target, routes: [], next: dialog.target };
  if (parseSipUri(firstUri)?.params.has('lr') === true) return { uri: dialog.target, routes: dialog.routes, next: firstUri };
  return { uri: firstUri, routes: [...others, `<${dialog.target}>`], next: firstUri };
}

/**
 * Finds the way of a request inside a dialog: to the host of `next` (RFC 3263), with three rules for far ends that cannot be reached by
 * what they write, in this order: the host is a private address and the far end was heard from another that is not → where it was
 * heard; it was heard on a stream from that very host that is still open → that stream; the host cannot be resolved or not be reached
 * from here → where it was heard. Calls `done` once, at once unless a name has to be looked up.
 */
export function resolveInDialog(dialog: Dialog, next: string, transports: Transports, done: (hop: Hop) => void): void {
  const { hop } = dialog;
  const uri = parseSipUri(next);
  if (uri === null || isBehindNat(uri, hop.address) || (hop.connection?.open === true && uri.host === hop.address)) {
    done(hop);
    return;
  }
  resolve(uri, transports, (resolved) => {
    if ('problem' in resolved) {
      done(hop);
      return;
    }
    const found = resolved.hop;
    const same = found.transport === hop.transport && found.listener?.family === hop.listener?.family;
    // The socket the dialog began on speaks for it to the end.
    done(same && hop.listener !== null ? { ...found, listener: hop.listener } : found);
  });
}

function isBehindNat(next: SipUri, heardFrom: string): boolean {
  return ipFamily(next.host) !== 0 && next.host !== heardFrom && isPrivateAddress(next.host) && !isPrivateAddress(heardFrom);
}
