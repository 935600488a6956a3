import type { Dialog } from '../dialog/dialog.js';
import type { Core } from './core.js';

/** Takes a dialog out of every table; what it still has pending is the caller's. */
export function endDialog(core: Core, dialog: Dialog): void {
  core.dialogs.remove(dialog);
  core.unacked.forget(dialog.callId, dialog.localTag);
  core.sessionTimers.stop(dialog);
  core.answered.delete(dialog.id);
}
