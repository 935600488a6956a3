import { normalise } from '../control/normalise.js';
import type { RequestEnvelope } from '../message/envelope.js';
import { answerTransaction, type Core } from './core.js';
import { finishInvite } from './finish.js';
import { sendHeld } from './held-answers.js';
import type { PendingRequest } from './pending.js';

/** Opens the transaction of a request and hands the request to its application. */
export function forward(
  core: Core,
  request: RequestEnvelope,
  to: Pick<PendingRequest, 'app' | 'dialog' | 'opensDialog' | 'localTag'>,
): PendingRequest {
  const transaction = core.transactions.serve(request);
  const pending: PendingRequest = { ...to, transaction, reliable: null, held: [], deadline: null };
  core.pending.add(pending);
  const invite = request.message.method === 'INVITE';
  // RFC 3261 §17.2.1 allows 200 ms; at once is kinder to the far end's retransmission timer.
  if (invite) answerTransaction(core, transaction, { status: 100, toTag: '' });
  core.pending.expect(pending, invite ? core.timers.answer : core.timers.request, () => onSilentApp(core, pending));
  to.app.received({
    hop: request.hop,
    sip: normalise(request),
    transactionId: transaction.id,
    dialogId: to.opensDialog || to.dialog === null ? '' : to.dialog.id,
    ...(to.opensDialog || to.dialog === null ? { receivedOn: core.transports.receivedOn(request.hop) } : {}),
  });
  return pending;
}

/** The application had its time: the far end is told, so that no caller waits for ever. */
function onSilentApp(core: Core, pending: PendingRequest): void {
  const { envelope } = pending.transaction;
  core.log.warn({ callId: envelope.callId, method: envelope.message.method }, 'the application did not answer a request in time');
  if (envelope.message.method === 'INVITE') {
    finishInvite(core, pending, { status: 480, reason: 'Application did not answer' });
  } else {
    core.pending.remove(pending);
    answerTransaction(core, pending.transaction, { status: 500 });
    if (envelope.message.method === 'PRACK') sendHeld(core, pending.dialog);
  }
}
