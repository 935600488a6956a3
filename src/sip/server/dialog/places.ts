import { isNarrower } from '../transport/addresses.js';
import { resolve } from '../transport/resolve.js';
import type { Transports } from '../transport/transports.js';
import type { Hop } from '../message/hop.js';
import { isSamePlace } from '../transaction/ways.js';
import { ipFamily, parseSipUri, type SipUri } from '../message/uri.js';
import type { Dialog } from './dialog.js';

/** The places a request inside a dialog may reach its far end at, in the order to try. */
export type Places = readonly [Hop, ...Hop[]];

/**
 * Finds where a request inside a dialog goes. RFC 3261 has one place: the host of `next`, which is the first Route or else the Contact. A
 * far end behind NAT cannot be reached there; it can where its requests come from (RFC 3581, RFC 5626). So there are two places, and
 * which is tried first is told by:
 *
 * - a Route: the host it names, unless that is known in fewer places than where the request came from (private against public);
 * - a stream that the far end itself opened, or that comes from that host: the stream, while it is open;
 * - a Contact on another address than the far end itself was heard from: where it was heard;
 * - otherwise the Contact. With another port on the same address it may listen there (it sends from any port), or may not (NAT).
 *
 * The place that answered last goes first whatever these say. Calls `done` once, at once unless a name has to be looked up.
 *
 * @param strict only what RFC 3261 says: one place
 */
export function placesOf(
  dialog: Dialog,
  next: string,
  on: { readonly transports: Transports; readonly strict: boolean },
  done: (places: Places) => void,
): void {
  const { hop } = dialog.source;
  const uri = parseSipUri(next);
  if (uri === null) {
    done([hop]);
    return;
  }
  resolve(uri, on.transports, (resolved) => {
    if ('problem' in resolved) done([backOf(dialog)]);
    else done(inOrder(dialog, uri, ownSocket(resolved.hop, hop), on.strict));
  });
}

function inOrder(dialog: Dialog, uri: SipUri, named: Hop, strict: boolean): Places {
  if (strict) return [sharedStream(dialog, named)];
  const back = backOf(dialog);
  if (isSamePlace(named, back)) return [back];
  const places: Places = goesBack(dialog, uri, named) ? [back, named] : [named, back];
  const { reached } = dialog;
  return reached !== null && isSamePlace(places[1] ?? named, reached) ? [places[1] ?? named, places[0]] : places;
}

/** Whether the place where the far end was heard is the better one. */
function goesBack(dialog: Dialog, uri: SipUri, named: Hop): boolean {
  const { hop, relayed } = dialog.source;
  const elsewhere = named.address !== hop.address;
  if (elsewhere && ipFamily(uri.host) !== 0 && isNarrower(named.address, hop.address)) return true;
  const own = dialog.routes.length === 0 && !relayed;
  if (hop.transport === 'udp') return own && elsewhere;
  // A stream that is gone cannot be opened from here toward a far end behind NAT: its Contact is all there is.
  return hop.connection?.open === true && (own || !elsewhere);
}

/** Where the far end was heard: its UDP socket or open stream, else the port it says it listens on (RFC 3261 §18.2.2). */
function backOf(dialog: Dialog): Hop {
  const { hop, sentByPort } = dialog.source;
  return hop.transport === 'udp' || hop.connection?.open === true ? hop : { ...hop, port: sentByPort, connection: null };
}

/** A stream that is open to the very host that is named is used again (RFC 3261 §18.1.1). */
function sharedStream(dialog: Dialog, named: Hop): Hop {
  const { hop } = dialog.source;
  return hop.connection?.open === true && named.transport === 'tcp' && named.address === hop.address ? hop : named;
}

/** The socket the dialog began on speaks for it to the end. */
function ownSocket(named: Hop, heard: Hop): Hop {
  const same = named.transport === heard.transport && named.listener?.family === heard.listener?.family;
  return same && heard.listener !== null ? { ...named, listener: heard.listener } : named;
}
