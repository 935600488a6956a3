import type { Dialog } from '../dialog/dialog.js';
import { EMPTY_BODY } from '../message.js';
import type { Core } from './core.js';
import { endDialog } from './end-dialog.js';
import { composeInDialog } from './send-in-dialog.js';

/** Why the server ends a call by itself: Reason header (RFC 3326) in the form applications know. */
export interface HangupReason {
  readonly cause: number;
  readonly text: string;
}

/**
 * Ends a dialog for the application: BYE to the far end, and the same BYE to the application as news, unless it is gone or never
 * knew of the dialog.
 */
export function hangUp(core: Core, dialog: Dialog, reason: HangupReason, tellApp: boolean): void {
  endDialog(core, dialog);
  const headers = [{ name: 'Reason', value: `SIP;cause=${reason.cause};text="${reason.text}"` }];
  const bye = { method: 'BYE', seq: dialog.nextSeq(), headers: () => headers, body: EMPTY_BODY };
  composeInDialog(core, dialog, bye, (outcome) => {
    if ('problem' in outcome) {
      core.log.warn({ callId: dialog.callId, problem: outcome.problem }, 'a BYE could not be sent');
      return;
    }
    core.transactions.request(outcome, { response: () => undefined, timeout: () => undefined, lost: () => undefined });
    if (tellApp) dialog.app.unsolicited({ hop: outcome.hop, sip: outcome.bytes, dialogId: dialog.id });
  });
}
