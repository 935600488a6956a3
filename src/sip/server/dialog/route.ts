import { parseNameAddr } from '../headers.js';
import { isPrivateAddress } from '../transport/addresses.js';
import { resolve, type Resolved } from '../transport/resolve.js';
import type { Transports } from '../transport/transports.js';
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
 * Finds the way of a request inside a dialog. After RFC 3261 two rules for far ends behind NAT, in this order:
 * the next hop is a private address, the far end was heard from another that is not → it is sent where it was heard;
 * the far end was heard on a stream from that very address that is still open → that stream is used again.
 */
export function resolveInDialog(dialog: Dialog, next: string, transports: Transports, done: (resolved: Resolved) => void): void {
  const uri = parseSipUri(next);
  if (uri === null) {
    done({ problem: `cannot send to ${next.slice(0, 100)}` });
    return;
  }
  const { hop } = dialog;
  if (isBehindNat(uri, hop.address) || (hop.connection?.open === true && uri.host === hop.address)) {
    done({ hop });
    return;
  }
  resolve(uri, transports, (resolved) => {
    const fits =
      'hop' in resolved && resolved.hop.transport === hop.transport && resolved.hop.listener?.family === hop.listener?.family;
    // The socket the dialog began on speaks for it to the end.
    done(fits && hop.listener !== null ? { hop: { ...resolved.hop, listener: hop.listener } } : resolved);
  });
}

function isBehindNat(next: SipUri, heardFrom: string): boolean {
  return ipFamily(next.host) !== 0 && next.host !== heardFrom && isPrivateAddress(next.host) && !isPrivateAddress(heardFrom);
}
