import { composeFailureAck } from '../message/compose.js';
import type { Dialog } from '../dialog/dialog.js';
import type { ResponseEnvelope } from '../message/envelope.js';
import { EMPTY_BODY, header, serialize, type SipHeader } from '../message/message.js';
import { ALLOW } from '../message/methods.js';
import type { ClientTransaction } from '../transaction/layer.js';
import type { Hop } from '../message/hop.js';
import { withUserAgent, type Core } from './core.js';
import { hangUp } from './hangup.js';
import { ownContact } from './own-address.js';
import { composeInDialog, type DialogRequest } from './send-in-dialog.js';
import { sessionExpires, type SessionAgreement } from './session-timer.js';

/** Intervals a far end may ask for one after another before it is left at that (422). */
const MOST_RAISES = 3;

/**
 * Refreshes a session (RFC 4028 §7.4, §10): by UPDATE without SDP where the far end allows it, else by a re-INVITE with the SDP
 * we sent last, unchanged (RFC 3264 §8: the same version says so). A far end that does not answer, or knows the call no longer,
 * ends it.
 */
export function refreshSession(core: Core, dialog: Dialog, agreed: SessionAgreement): void {
  new SessionRefresh(core, dialog, agreed).send();
}

class SessionRefresh {
  #seconds: number;
  #raises = 0;

  constructor(
    private readonly core: Core,
    private readonly dialog: Dialog,
    private readonly agreed: SessionAgreement,
  ) {
    this.#seconds = agreed.seconds;
  }

  send(): void {
    const { core, dialog } = this;
    if (dialog.state !== 'confirmed') return;
    if (dialog.allowsUpdate) this.#compose('UPDATE', EMPTY_BODY, (sending) => this.#update(sending));
    // §14.1 of RFC 3261: one INVITE at a time. Theirs may be the refresh.
    else if (dialog.outgoingInvite || dialog.incomingInvite !== null || dialog.lastSdp === null) this.#again(randomWait(dialog));
    else {
      dialog.outgoingInvite = true;
      this.#compose('INVITE', dialog.lastSdp, (sending) => this.#invite(sending));
    }
    core.log.debug({ callId: dialog.callId }, 'session refresh');
  }

  #compose(method: 'INVITE' | 'UPDATE', body: Buffer, done: (sending: DialogRequest) => void): void {
    const headers = (hop: Hop): readonly SipHeader[] =>
      withUserAgent(this.core, [
        ownContact(this.core, hop, []),
        { name: 'Allow', value: ALLOW },
        { name: 'Supported', value: 'timer' },
        { name: 'Session-Expires', value: `${this.#seconds};refresher=uac` },
        ...(this.#raises > 0 ? [{ name: 'Min-SE', value: String(this.#seconds) }] : []),
        ...(body.length > 0 ? [{ name: 'Content-Type', value: 'application/sdp' }] : []),
      ]);
    composeInDialog(this.core, this.dialog, { method, seq: this.dialog.nextSeq(), headers, body }, done);
  }

  #update(sending: DialogRequest): void {
    this.core.transactions.request(sending, {
      response: (response) => {
        if (response.message.status >= 200) this.#answered(response);
      },
      timeout: () => this.#failed(408),
      lost: () => this.#failed(408),
    });
  }

  #invite(sending: DialogRequest): void {
    let ack: DialogRequest | null = null;
    let settled = false;
    const settle = (then: () => void): void => {
      if (settled) return;
      settled = true;
      this.dialog.outgoingInvite = false;
      then();
    };
    const acknowledge = (): void => {
      const resend = (sent: DialogRequest): void => this.core.transports.send(sent.bytes, sent.hop, () => undefined);
      // §13.2.2.4 of RFC 3261: the same ACK for a repeated 2xx.
      if (ack !== null) resend(ack);
      else {
        const seq = Number.parseInt(header(sending.request, 'CSeq') ?? '0', 10);
        composeInDialog(this.core, this.dialog, { method: 'ACK', seq, headers: () => [], body: EMPTY_BODY }, (sent) => {
          ack = sent;
          resend(sent);
        });
      }
    };
    const transaction: ClientTransaction = this.core.transactions.request(sending, {
      response: (response) => {
        const { status } = response.message;
        if (status < 200) return;
        if (status < 300) {
          this.dialog.refreshTarget(response.message);
          acknowledge();
        }
        settle(() => this.#answered(response));
      },
      ack: (response) => {
        const { request, hop } = transaction.current;
        this.core.transports.send(serialize(composeFailureAck(request, response.message)), hop, () => undefined);
      },
      timeout: () => settle(() => this.#failed(408)),
      lost: () => settle(() => this.#failed(408)),
      ended: () => settle(() => undefined),
    });
  }

  #answered(response: ResponseEnvelope): void {
    const { core, dialog } = this;
    const { message } = response;
    dialog.reachedAt(response.hop);
    if (dialog.state !== 'confirmed') return;
    if (message.status < 300) {
      dialog.refreshTarget(message);
      core.sessionTimers.refreshed(dialog, this.#nextOf(response));
      return;
    }
    if (message.status === 422 && this.#raise(header(message, 'Min-SE'))) this.send();
    else if (dialog.allowsUpdate && (message.status === 405 || message.status === 501)) {
      dialog.allowsUpdate = false;
      this.send();
    } else if (message.status === 408 || message.status === 481) this.#failed(message.status);
    // A glare passes soon. Any other refusal leaves the session until it expires (RFC 4028 §10); perhaps the next one is taken.
    else this.#again(message.status === 491 ? randomWait(dialog) : (this.#seconds * 1000) / 8);
  }

  /** What the far end agrees to (RFC 4028 §7.2); one that says nothing is refreshed on as before. */
  #nextOf({ message }: ResponseEnvelope): SessionAgreement {
    const said = sessionExpires(message);
    if (said === null) return { ...this.agreed, seconds: this.#seconds, refresher: 'us' };
    return { seconds: Math.max(1, said.seconds), refresher: said.refresher === 'uas' ? 'far' : 'us', farKnows: true };
  }

  /** RFC 4028 §7.3: the far end wants a longer interval. */
  #raise(minSe: string | null): boolean {
    const wanted = /^\d{1,6}$/.exec(minSe?.trim() ?? '') === null ? 0 : Number(minSe);
    if (wanted <= this.#seconds || this.#raises >= MOST_RAISES) return false;
    this.#seconds = wanted;
    this.#raises++;
    return true;
  }

  #again(ms: number): void {
    this.core.sessionTimers.refreshIn(this.dialog, ms);
  }

  /** RFC 4028 §10: nobody answered, or nobody knows the call. */
  #failed(status: 408 | 481): void {
    if (this.dialog.state !== 'confirmed') return;
    const text = status === 408 ? 'Session refresh not answered' : 'Session refresh refused';
    hangUp(this.core, this.dialog, { cause: status, text }, true);
  }
}

/** When a request that met another may come again, ms (RFC 3261 §14.1): later for the side that began the call. */
function randomWait({ role }: Dialog): number {
  return (role === 'uac' ? 2100 : 0) + Math.floor(Math.random() * (role === 'uac' ? 190 : 200)) * 10;
}
