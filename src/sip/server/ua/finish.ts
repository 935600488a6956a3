import { composeRequest, type ResponseFields } from '../message/compose.js';
import { header, serialize } from '../message/message.js';
import { reasonPhrase } from '../message/reason-phrases.js';
import { answerTransaction, type Core } from './core.js';
import type { PendingRequest } from './pending.js';

/**
 * Ends an INVITE that its application has not answered, for a reason the application did not choose: the far end gets the answer,
 * the application a CANCEL, which is how it learns that the call is gone.
 */
export function finishInvite(core: Core, pending: PendingRequest, answer: ResponseFields): void {
  refuseInvite(core, pending, answer);
  const { envelope, id } = pending.transaction;
  const cancel = composeRequest({
    method: 'CANCEL',
    uri: envelope.message.uri,
    via: envelope.viaValues[0] ?? '',
    routes: [],
    from: header(envelope.message, 'From') ?? '',
    to: header(envelope.message, 'To') ?? '',
    callId: envelope.callId,
    seq: envelope.cseq.seq,
    headers: [
      { name: 'Reason', value: `SIP;cause=${answer.status};text="${answer.reason ?? 'Ended by the signalling server'}"` },
    ],
  });
  pending.app.received({ hop: envelope.hop, sip: serialize(cancel), transactionId: id, dialogId: '' });
}

/** Ends an unanswered INVITE toward the far end only. */
export function refuseInvite(core: Core, pending: PendingRequest, answer: ResponseFields): void {
  core.pending.remove(pending, answer.reason ?? reasonPhrase(answer.status));
  answerTransaction(core, pending.transaction, { toTag: pending.localTag, ...answer });
  const { dialog } = pending;
  if (dialog === null) return;
  dialog.incomingInvite = null;
  if (pending.opensDialog) core.dialogs.remove(dialog);
}
