import { normalise } from '../control/normalise.js';
import type { Dialog } from '../dialog/dialog.js';
import type { RequestEnvelope } from '../message/envelope.js';
import { header } from '../message/message.js';
import { answerAlone, answerStateless, retryAfter, type Core } from './core.js';
import { endDialog } from './end-dialog.js';
import { finishInvite } from './finish.js';
import { forward } from './forward.js';
import { sendHeld } from './held-answers.js';
import { sessionRequest } from './session-timer.js';

/** A request with a To tag, or of a method that lives only in dialogs (RFC 3261 §12.2.2). */
export function onDialogRequest(core: Core, request: RequestEnvelope): void {
  const dialog = core.dialogs.find(request);
  if (dialog === null) {
    onRequestOfNoDialog(core, request);
    return;
  }
  if (!dialog.accept(request)) {
    // RFC 3261 §12.2.2: older than what was seen. An INVITE hears when to try again (§14.2).
    const isInvite = request.message.method === 'INVITE';
    answerAlone(core, request, {
      status: 500,
      reason: 'CSeq out of order',
      headers: isInvite ? [retryAfter(randomDelay())] : [],
    });
    return;
  }
  switch (request.message.method) {
    case 'INVITE':
      onReinvite(core, request, dialog);
      break;
    case 'BYE':
      onBye(core, request, dialog);
      break;
    case 'PRACK':
      onPrack(core, request, dialog);
      break;
    case 'UPDATE':
      // RFC 3311 §5.2: their offer met ours.
      if (dialog.outgoingInvite && request.message.body.length > 0) {
        answerAlone(core, request, { status: 491 });
        break;
      }
      dialog.refreshTarget(request.message);
      if (!refusedTimer(core, request)) toApp(core, request, dialog);
      break;
    case 'INFO':
      // RFC 6086 §4.2.2: no package was agreed on. Without one it is the INFO of old, which the application knows.
      if (header(request.message, 'Info-Package') === null) toApp(core, request, dialog);
      else answerAlone(core, request, { status: 469, headers: [{ name: 'Recv-Info', value: '' }] });
      break;
    default:
      toApp(core, request, dialog);
  }
}

/**
 * 481, but for what may cross the end of its dialog: the far end's own BYE, and the PRACK of a provisional answer (RFC 3262 §3).
 */
function onRequestOfNoDialog(core: Core, request: RequestEnvelope): void {
  const { method } = request.message;
  const crossed = method === 'BYE' ? core.dialogs.isLeaving(request) : method === 'PRACK' && core.pending.takeLatePrack(request);
  if (crossed && method === 'PRACK') answerAlone(core, request, { status: 200 });
  else answerStateless(core, request, { status: crossed ? 200 : 481 });
}

function toApp(core: Core, request: RequestEnvelope, dialog: Dialog): void {
  forward(core, request, { app: dialog.app, dialog, opensDialog: false, localTag: dialog.localTag });
}

/** Re-INVITE (RFC 3261 §14.2). */
function onReinvite(core: Core, request: RequestEnvelope, dialog: Dialog): void {
  if (dialog.incomingInvite !== null) {
    answerAlone(core, request, { status: 500, headers: [retryAfter(randomDelay())] });
  } else if (dialog.outgoingInvite) {
    answerAlone(core, request, { status: 491 });
  } else if (!refusedTimer(core, request)) {
    dialog.incomingInvite = request.cseq.seq;
    dialog.refreshTarget(request.message);
    toApp(core, request, dialog);
  }
}

function refusedTimer(core: Core, request: RequestEnvelope): boolean {
  const minSeconds = core.timers.minSession / 1000;
  if (sessionRequest(request, minSeconds) !== 'too small') return false;
  const headers = [{ name: 'Min-SE', value: String(minSeconds) }];
  answerAlone(core, request, { status: 422, reason: 'Session Interval Too Small', headers });
  return true;
}

/** BYE (RFC 3261 §15.1.2): the dialog is over when it arrives, whatever the application says to it. */
function onBye(core: Core, request: RequestEnvelope, dialog: Dialog): void {
  const unanswered = core.pending.invite(dialog);
  endDialog(core, dialog);
  if (unanswered !== null) {
    const early = unanswered.opensDialog;
    if (early) answerAlone(core, request, { status: 200 });
    finishInvite(core, unanswered, { status: 487 });
    // No application has a dialog yet that could take the BYE: the CANCEL tells it.
    if (early) return;
  }
  toApp(core, request, dialog);
}

/**
 * PRACK (RFC 3262 §3): goes to the application when that asked for the reliable answer or the PRACK holds an offer or answer
 * (§5), else the server answers it. What the application has said since goes out behind the PRACK's own answer.
 */
function onPrack(core: Core, request: RequestEnvelope, dialog: Dialog): void {
  const invite = core.pending.invite(dialog);
  const reliable = invite?.reliable ?? null;
  if (invite === null || reliable?.matches(request, invite.transaction.envelope.cseq.seq) !== true) {
    answerAlone(core, request, { status: 481 });
    return;
  }
  reliable.stop();
  if (reliable.forApp || request.message.body.length > 0) {
    toApp(core, request, dialog);
    return;
  }
  answerAlone(core, request, { status: 200 });
  sendHeld(core, dialog);
}

/** ACK of a 2xx (RFC 3261 §13.3.1.4): stops its repeats; the first one goes to the application. Any other is ignored. */
export function onAck(core: Core, ack: RequestEnvelope): void {
  const answered = core.unacked.acknowledge(ack);
  if (answered?.dialog == null) return;
  answered.dialog.acknowledged(ack);
  answered.app.received({
    hop: ack.hop,
    sip: normalise(ack),
    transactionId: answered.transaction.id,
    dialogId: answered.dialog.id,
  });
}

/** 0 to 10 s, as RFC 3261 §14.2 has it. */
function randomDelay(): number {
  return Math.floor(Math.random() * 11);
}
