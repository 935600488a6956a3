import { composeRequest } from '../message/compose.js';
import type { Dialog } from '../dialog/dialog.js';
import { placesOf } from '../dialog/places.js';
import { dialogRoute } from '../dialog/route.js';
import { newBranch } from '../message/ids.js';
import { serialize, type SipHeader } from '../message/message.js';
import type { Sending } from '../transaction/layer.js';
import type { Way } from '../transaction/ways.js';
import type { Hop } from '../message/hop.js';
import type { Core } from './core.js';

/** A request inside a dialog, ready for the wire. */
export type DialogRequest = Sending;

/**
 * Builds a request inside a dialog (RFC 3261 §12.2.1.1) and finds where it goes, perhaps one place after another. `done` is called once,
 * at once unless a name has to be looked up.
 * @param content `headers` may depend on where it goes (Contact)
 */
export function composeInDialog(
  core: Core,
  dialog: Dialog,
  content: { method: string; seq: number; headers: (hop: Hop) => readonly SipHeader[]; body: Buffer },
  done: (sending: DialogRequest) => void,
): void {
  const route = dialogRoute(dialog);
  const branch = newBranch();
  const toward = (hop: Hop): Way => {
    const request = composeRequest({
      method: content.method,
      uri: route.uri,
      via: core.transports.via(hop, branch),
      routes: route.routes,
      from: dialog.localAddress,
      to: dialog.remoteAddress,
      callId: dialog.callId,
      seq: content.seq,
      headers: content.headers(hop),
      body: content.body,
      latin1: dialog.latin1,
    });
    return { request, bytes: serialize(request), hop };
  };
  placesOf(dialog, route.next, { transports: core.transports, strict: core.strictContact }, ([first, ...others]) => {
    done({ ...toward(first), branch, others: others.map(toward) });
  });
}
