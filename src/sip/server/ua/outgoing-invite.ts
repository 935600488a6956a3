import { composeCancel, composeFailureAck } from '../message/compose.js';
import type { AppConnection } from '../control/app-connection.js';
import { normalise } from '../control/normalise.js';
import { Dialog } from '../dialog/dialog.js';
import type { ResponseEnvelope } from '../message/envelope.js';
import { newId } from '../message/ids.js';
import { EMPTY_BODY, header, serialize, type SipHeader } from '../message/message.js';
import type { ClientTransaction } from '../transaction/layer.js';
import type { Way } from '../transaction/ways.js';
import type { Transports } from '../transport/transports.js';
import type { Hop } from '../message/hop.js';
import type { AppAck, Core, OutgoingCall } from './core.js';
import { hangUp, sendBye } from './hangup.js';
import { localAnswer } from './local-answer.js';
import { composeInDialog, type DialogRequest } from './send-in-dialog.js';

/** An ACK, and where it went last. Nobody answers it: that it was lost shows in a repeated 2xx, and then it goes to the next place. */
class SentAck {
  #repeats = 0;

  constructor(private readonly ways: readonly [Way, ...Way[]]) {}

  get last(): Way {
    return this.ways[this.#repeats % this.ways.length] ?? this.ways[0];
  }

  repeat(transports: Transports): void {
    this.#repeats++;
    const { bytes, hop } = this.last;
    transports.send(bytes, hop, () => undefined);
  }
}

/**
 * One INVITE of ours from its sending to the end of its transaction (RFC 3261 §13.2): early and confirmed dialog, the ACK of the
 * 2xx and its repeats, answers of further branches of a fork, CANCEL and its race with the 200. It changes only through its own
 * methods.
 */
export class OutgoingInvite implements OutgoingCall {
  readonly #transaction: ClientTransaction;
  #cancel: 'no' | 'held' | 'sent' = 'no';
  #cancelHeaders: readonly SipHeader[] = [];
  /** A provisional answer has come: CANCEL may be sent (RFC 3261 §9.1). */
  #proceeding = false;
  /** The application has had the final answer, or is gone. */
  #settled = false;
  /** To tag of the branch whose 2xx the application got. */
  #answeredTag: string | null = null;
  #answerDialog: Dialog | null = null;
  /** The ACK of each branch that answered 2xx, for its repeats (RFC 3261 §13.2.2.4). */
  readonly #acks = new Map<string, SentAck | null>();

  /**
   * Sends the INVITE.
   * @param dialog the dialog of a re-INVITE; null for a new call
   */
  constructor(
    private readonly core: Core,
    readonly app: AppConnection,
    private readonly sending: DialogRequest,
    private dialog: Dialog | null,
  ) {
    this.isReinvite = dialog !== null;
    if (dialog !== null) dialog.outgoingInvite = true;
    this.#transaction = core.transactions.request(sending, {
      response: (response) => this.#onResponse(response),
      ack: (response) => this.#ackFailure(response),
      timeout: () => this.#onTimeout(),
      lost: () => this.#settle(localAnswer(sending, 503)),
      ended: () => this.#onEnded(),
    });
    core.calling.set(this.#transaction.id, this);
  }

  private readonly isReinvite: boolean;

  get id(): string {
    return this.#transaction.id;
  }

  get hop(): Hop {
    return this.#transaction.current.hop;
  }

  cancelBytes(): Buffer {
    return serialize(composeCancel(this.#transaction.current.request, this.#cancelHeaders));
  }

  cancel(added: readonly SipHeader[]): boolean {
    if (this.#settled) return false;
    if (this.#cancel !== 'no') return true;
    this.#cancelHeaders = added;
    this.#cancel = 'held';
    if (this.#proceeding) this.#sendCancel();
    return true;
  }

  abandon(): void {
    const unacked = this.#answeredTag !== null && this.#acks.get(this.#answeredTag) === null;
    if (this.#answerDialog !== null && this.#answeredTag !== null && unacked)
      this.#ackForApp(this.#answerDialog, this.#answeredTag);
    if (this.#settled) return;
    this.cancel([]);
    this.#settled = true;
  }

  acknowledge(ack: AppAck): void {
    const dialog = this.#answerDialog;
    const tag = this.#answeredTag;
    if (dialog === null || tag === null) throw new Error('an ACK for an INVITE that has no answer');
    this.#sendAck(dialog, ack, (sent) => {
      this.#acks.set(tag, sent);
      ack.sent({ hop: sent.last.hop, bytes: sent.last.bytes, transactionId: newId() });
    });
  }

  #onResponse(response: ResponseEnvelope): void {
    const { status } = response.message;
    this.#proceeding = true;
    if (this.isReinvite) this.dialog?.reachedAt(response.hop);
    if (status < 200) this.#onProvisional(response);
    else if (status < 300) this.#onAnswer(response);
    else this.#settle(response);
  }

  /** Timer B: nobody there. Timer C: it rings for ever, and is cancelled (RFC 3261 §16.8). */
  #onTimeout(): void {
    if (this.#proceeding) this.cancel([]);
    this.#settle(localAnswer(this.sending, 408));
  }

  #onProvisional(response: ResponseEnvelope): void {
    if (this.#cancel === 'held') this.#sendCancel();
    if (response.message.status === 100 || this.#settled) return;
    if (response.toTag !== '' && !this.isReinvite) {
      if (this.dialog === null) {
        this.dialog = Dialog.asking(response, this.app, { uri: this.sending.request.uri, hop: this.sending.hop });
        this.core.dialogs.add(this.dialog);
      } else this.dialog.heard(response);
    }
    this.#toApp(response);
  }

  #onAnswer(response: ResponseEnvelope): void {
    const known = this.#acks.get(response.toTag);
    if (known !== undefined) {
      // A repeated 2xx: its ACK was lost. Without an ACK yet, the application is still at it.
      known?.repeat(this.core.transports);
      return;
    }
    this.#acks.set(response.toTag, null);
    if (this.isReinvite && this.dialog !== null) this.#onReinviteAnswer(response, this.dialog);
    else if (this.#settled || this.#cancel !== 'no') this.#refuseAnswer(response);
    else this.#onCallAnswer(response);
  }

  #onCallAnswer(response: ResponseEnvelope): void {
    const dialog = this.dialog ?? Dialog.asking(response, this.app, { uri: this.sending.request.uri, hop: this.sending.hop });
    dialog.heard(response);
    dialog.confirm();
    this.dialog = dialog;
    this.core.dialogs.add(dialog);
    this.#answered(response, dialog);
  }

  #onReinviteAnswer(response: ResponseEnvelope, dialog: Dialog): void {
    dialog.refreshTarget(response.message);
    this.#answered(response, dialog);
  }

  #answered(response: ResponseEnvelope, dialog: Dialog): void {
    this.#answeredTag = response.toTag;
    this.#answerDialog = dialog;
    this.core.answered.set(dialog.id, this);
    if (this.#settled) this.#ackForApp(dialog, response.toTag);
    else this.#settle(response);
  }

  /**
   * A 2xx that nobody waits for: another branch of a fork, or it crossed our CANCEL (RFC 3261 §9.1, §13.2.2.4). ACK, then BYE.
   */
  #refuseAnswer(response: ResponseEnvelope): void {
    const branch = Dialog.asking(response, this.app, { uri: this.sending.request.uri, hop: this.sending.hop });
    this.#ackForApp(branch, response.toTag);
    const cancelled = this.#cancel !== 'no';
    const reason = cancelled ? { cause: 487, text: 'Call was cancelled' } : { cause: 200, text: 'Answered elsewhere' };
    sendBye(this.core, branch, reason, () => undefined);
    if (this.#cancel !== 'no') this.#settle(localAnswer(this.sending, 487));
  }

  /** Final answer, or what stands for it: the application gets it, unless it has had one. */
  #settle(response: ResponseEnvelope): void {
    if (this.dialog !== null && this.isReinvite) this.dialog.outgoingInvite = false;
    if (response.message.status >= 300 && this.dialog?.state === 'early') this.core.dialogs.remove(this.dialog);
    this.core.calling.delete(this.#transaction.id);
    if (this.#settled) return;
    this.#settled = true;
    this.#toApp(response);
  }

  #toApp(response: ResponseEnvelope): void {
    this.app.received({
      hop: response.hop,
      sip: normalise(withContact(response, this.sending.request.uri)),
      transactionId: this.#transaction.id,
      dialogId: this.dialog !== null && response.message.status < 300 ? this.dialog.id : '',
    });
  }

  #ackFailure(response: ResponseEnvelope): void {
    const { request, hop } = this.#transaction.current;
    this.core.transports.send(serialize(composeFailureAck(request, response.message)), hop, () => undefined);
  }

  #ackForApp(dialog: Dialog, tag: string): void {
    this.#sendAck(dialog, { headers: [], body: EMPTY_BODY }, (sent) => this.#acks.set(tag, sent));
  }

  #sendAck(dialog: Dialog, ack: Pick<AppAck, 'headers' | 'body'>, done: (sent: SentAck) => void): void {
    // RFC 3261 §22.1: the ACK carries the credentials of its INVITE.
    const credentials = this.sending.request.headers.filter(
      ({ name }) => name === 'Authorization' || name === 'Proxy-Authorization',
    );
    const headers = [...credentials, ...ack.headers.filter(({ name }) => !credentials.some((one) => one.name === name))];
    const seq = Number.parseInt(header(this.sending.request, 'CSeq') ?? '0', 10);
    composeInDialog(this.core, dialog, { method: 'ACK', seq, headers: () => headers, body: ack.body }, (sent) => {
      this.core.transports.send(sent.bytes, sent.hop, () => undefined);
      done(new SentAck([sent, ...(sent.others ?? [])]));
    });
  }

  #sendCancel(): void {
    this.#cancel = 'sent';
    const { branch, current } = this.#transaction;
    const cancel = composeCancel(current.request, this.#cancelHeaders);
    const nothing = (): void => undefined;
    this.core.transactions.request(
      { request: cancel, bytes: this.cancelBytes(), branch, hop: current.hop },
      { response: nothing, timeout: nothing, lost: nothing },
    );
    // RFC 3261 §9.1: a far end that answers nothing after the CANCEL has 64·T1, then the INVITE is over.
    this.core.wheel.schedule(64 * this.core.timers.t1, () => {
      if (this.#transaction.machine.state !== 'proceeding') return;
      this.#settle(localAnswer(this.sending, 487));
      this.#transaction.machine.terminate();
    });
  }

  /** The transaction is over: an answer that the application never acknowledged is ended for it. */
  #onEnded(): void {
    this.core.calling.delete(this.#transaction.id);
    if (this.dialog !== null && this.isReinvite) this.dialog.outgoingInvite = false;
    if (this.dialog?.state === 'early') this.core.dialogs.remove(this.dialog);
    const dialog = this.#answerDialog;
    const tag = this.#answeredTag;
    if (dialog === null || tag === null) return;
    if (this.core.answered.get(dialog.id) === this) this.core.answered.delete(dialog.id);
    if (this.#acks.get(tag) !== null || dialog.state === 'ended') return;
    this.#ackForApp(dialog, tag);
    hangUp(this.core, dialog, { cause: 200, text: 'The application did not acknowledge the answer' }, true);
  }
}

/**
 * A 2xx without a readable Contact gets the Request-URI as one: that is where we send, and applications need to see one (RFC 3261
 * §12.1.2).
 */
function withContact(response: ResponseEnvelope, uri: string): ResponseEnvelope {
  const { message } = response;
  if (message.status < 200 || message.status >= 300 || header(message, 'Contact') !== null) return response;
  return { ...response, message: { ...message, headers: [...message.headers, { name: 'Contact', value: `<${uri}>` }] } };
}
