import { composeRequest } from '../compose.js';
import type { Dialog } from '../dialog/dialog.js';
import { dialogRoute, resolveInDialog } from '../dialog/route.js';
import { newBranch } from '../ids.js';
import { serialize, type SipHeader, type SipRequest } from '../message.js';
import type { Hop } from '../transport/types.js';
import type { Core } from './core.js';

/** A request inside a dialog, ready for the wire. */
export interface DialogRequest {
  readonly request: SipRequest;
  readonly bytes: Buffer;
  readonly branch: string;
  readonly hop: Hop;
}

/**
 * Builds a request inside a dialog (RFC 3261 §12.2.1.1) and finds where it goes. `done` is called once, at once unless a name has to
 * be looked up.
 * @param content `headers` may depend on where it goes (Contact)
 */
export function composeInDialog(
  core: Core,
  dialog: Dialog,
  content: { method: string; seq: number; headers: (hop: Hop) => readonly SipHeader[]; body: Buffer },
  done: (sending: DialogRequest) => void,
): void {
  const route = dialogRoute(dialog);
  resolveInDialog(dialog, route.next, core.transports, (hop) => {
    const branch = newBranch();
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
    });
    done({ request, bytes: serialize(request), branch, hop });
  });
}
