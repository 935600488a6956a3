import type { AppConnection } from '../control/app-connection.js';
import { answerTransaction, retryAfter, type Core } from './core.js';
import { refuseInvite } from './finish.js';
import { hangUp } from './hangup.js';

/**
 * An application is gone: nobody will ever speak for its calls again, so their far ends are told at once. Unanswered requests get
 * 503, INVITEs of ours are cancelled, dialogs get BYE.
 */
export function onAppLost(core: Core, app: AppConnection): void {
  const pending = core.pending.ownedBy(app);
  for (const request of pending) {
    const answer = { status: 503, headers: [retryAfter(5)] };
    if (request.transaction.envelope.message.method === 'INVITE') refuseInvite(core, request, answer);
    else {
      core.pending.remove(request);
      answerTransaction(core, request.transaction, answer);
    }
  }
  const calls = new Set([...core.calling.values(), ...core.answered.values()]);
  for (const call of calls) if (call.app === app) call.abandon();
  const dialogs = core.dialogs.ownedBy(app).filter((dialog) => dialog.state === 'confirmed');
  for (const dialog of dialogs) hangUp(core, dialog, { cause: 503, text: 'Application lost' }, false);
  if (pending.length + dialogs.length > 0) {
    core.log.warn({ unanswered: pending.length, dialogs: dialogs.length }, 'an application was lost; its calls were ended');
  }
}
