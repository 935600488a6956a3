import { normalise } from '../control/normalise.js';
import type { RequestEnvelope } from '../message/envelope.js';
import { answerAlone, answerStateless, type Core } from './core.js';
import { refuseInvite } from './finish.js';

/** CANCEL from the network (RFC 3261 §9.2): 200 to it, 487 to the INVITE, a notice to the application; too late for an answered INVITE. */
export function onCancel(core: Core, cancel: RequestEnvelope): void {
  const invite = core.transactions.cancelled(cancel);
  if (invite === null) {
    answerStateless(core, cancel, { status: 481 });
    return;
  }
  const pending = core.pending.get(invite);
  answerAlone(core, cancel, { status: 200, toTag: pending?.localTag ?? core.statelessTag });
  if (pending === null) return;
  refuseInvite(core, pending, { status: 487 });
  pending.app.received({ hop: cancel.hop, sip: normalise(cancel), transactionId: invite, dialogId: '' });
}
