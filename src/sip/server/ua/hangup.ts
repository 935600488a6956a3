import type { Dialog } from '../dialog/dialog.js';
import { EMPTY_BODY } from '../message/message.js';
import type { Core } from './core.js';
import { endDialog } from './end-dialog.js';
import { composeInDialog, type DialogRequest } from './send-in-dialog.js';

/** Why the server ends a call by itself: Reason header (RFC 3326) in the form applications know. */
export interface HangupReason {
  readonly cause: number;
  readonly text: string;
}

/**
 * Ends a dialog for the application: BYE to the far end, and the same BYE to the application as news, unless it is gone.
 */
export function hangUp(core: Core, dialog: Dialog, reason: HangupReason, tellApp: boolean): void {
  endDialog(core, dialog);
  sendBye(core, dialog, reason, (sent) => {
    if (tellApp) dialog.app.unsolicited({ hop: sent.hop, sip: sent.bytes, dialogId: dialog.id });
  });
}

/** Sends a BYE nobody waits for the answer of, in a dialog that need not be in any table. */
export function sendBye(core: Core, dialog: Dialog, reason: HangupReason, onSent: (sent: DialogRequest) => void): void {
  const headers = [{ name: 'Reason', value: `SIP;cause=${reason.cause};text="${reason.text}"` }];
  const bye = { method: 'BYE', seq: dialog.nextSeq(), headers: () => headers, body: EMPTY_BODY };
  core.dialogs.leave(dialog);
  composeInDialog(core, dialog, bye, (sending) => {
    const nothing = (): undefined => undefined;
    const ended = (): void => core.dialogs.left(dialog);
    const unheard = (): void => tellUnheardBye(core, dialog);
    core.transactions.request(sending, { response: nothing, timeout: unheard, lost: unheard, ended });
    onSent(sending);
  });
}

/** A BYE reached nobody: the far end may think that it is still in the call. */
export function tellUnheardBye(core: Core, dialog: Dialog): void {
  core.log.warn(
    { callId: dialog.callId, heardFrom: dialog.source.hop.address },
    'the far end did not answer our BYE and may still show the call',
  );
}
