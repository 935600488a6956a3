import { background } from '../lib/log/background.js';
import type { Logger } from '../lib/log/log.js';
import type { DrachtioDialog, DrachtioRequest, DrachtioResponse, DrachtioSrf } from './drachtio-types.js';
import { HeaderTable, parseReason, reasonHeader, warningHeader } from './headers.js';
import { CAUSE } from './rfc3398.js';
import { readBody } from './sdp-body.js';
import { ALLOW } from './server/message/methods.js';
import { INFO_TYPES, type DialogEnd, type InfoVerdict, type OfferAnswer, type SipDialog } from './types.js';

/** Methods of others' extensions: refused for themselves only, so that the call goes on (RFC 5057 §5.1). */
const REFUSED = ['message', 'notify', 'publish', 'subscribe'] as const;

export interface LiveDialogOptions {
  readonly srf: DrachtioSrf;
  readonly dialog: DrachtioDialog;
  readonly remoteSdp: string | null;
  readonly log: Logger;
  /** Requests inside the dialog wait for this: the ACK came, so the dialog's owner has had the time to set its handlers. */
  readonly ready: Promise<unknown>;
  /** Told once, when the dialog is over. */
  readonly onEnded: (dialog: LiveDialog) => void;
}

/** A `SipDialog` over a drachtio-srf Dialog. */
export class LiveDialog implements SipDialog {
  readonly callId: string;
  readonly ended: Promise<DialogEnd>;
  #remoteSdp: string | null;
  #end: DialogEnd | null = null;
  #resolveEnded: (end: DialogEnd) => void = () => undefined;
  #onReinvite: ((offer: string | null) => OfferAnswer) | null = null;
  #onInfo: ((contentType: string, body: string) => InfoVerdict) | null = null;
  /** Takes the body of the next ACK: set while an offer of ours is out in a 200. */
  #awaitingAnswer: ((sdp: string | null) => void) | null = null;

  constructor(private readonly options: LiveDialogOptions) {
    const { dialog } = options;
    this.callId = dialog.sip.callId;
    this.#remoteSdp = options.remoteSdp;
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
    dialog.on('destroy', (req, reason) => {
      this.#finish(endOf(req, reason));
    });
    dialog.on('ack', (req) => {
      this.#onAck(req);
    });
    dialog.on('modify', (req, res) => this.#whenReady(res, () => this.#answerOffer(req, res)));
    dialog.on('update', (req, res) => this.#whenReady(res, () => this.#answerUpdate(req, res)));
    dialog.on('info', (req, res) => this.#whenReady(res, () => this.#takeInfo(req, res)));
    dialog.on('options', (_req, res) => this.#send(res, 200, { Allow: ALLOW, Accept: 'application/sdp' }));
    // RFC 3515 §2.4.2: a REFER may simply be declined.
    dialog.on('refer', (_req, res) => this.#send(res, 603));
    for (const method of REFUSED) dialog.on(method, (_req, res) => this.#send(res, 405, { Allow: ALLOW }));
  }

  get remoteSdp(): string | null {
    return this.#remoteSdp;
  }

  onReinvite(handler: (offer: string | null) => OfferAnswer): void {
    this.#onReinvite = handler;
  }

  onInfo(handler: (contentType: string, body: string) => InfoVerdict): void {
    this.#onInfo = handler;
  }

  /** Trap: drachtio-srf's `destroy` waits up to 32 s for the BYE's answer and fails when the dialog is gone. Neither matters. */
  bye(cause?: number): void {
    this.#release({ by: 'local', cause: cause ?? null, reason: null }, cause);
  }

  /** The ACK never came and the server did not say so: releases the dialog as it would have. */
  abandon(): void {
    this.#release({ by: 'no-ack', cause: null, reason: 'no ACK' });
  }

  /** The signalling server is gone, and with it the dialog. drachtio-srf keeps such dialogs for ever. */
  lost(): void {
    if (this.#end !== null) return;
    this.options.srf.removeDialog(this.options.dialog);
    this.#finish({ by: 'signaling-lost', cause: null, reason: 'signalling server lost' });
  }

  /** How it ended, null while it is alive. */
  get end(): DialogEnd | null {
    return this.#end;
  }

  #release(end: DialogEnd, cause?: number): void {
    if (this.#end !== null) return;
    this.#finish(end);
    this.options.dialog.destroy({ headers: cause === undefined ? {} : { Reason: reasonHeader(cause) } }, (error) => {
      if (error) this.options.log.debug({ callId: this.callId }, 'BYE had nowhere to go');
    });
  }

  #finish(end: DialogEnd): void {
    if (this.#end !== null) return;
    this.#end = end;
    this.options.onEnded(this);
    this.#resolveEnded(end);
  }

  #onAck(req: DrachtioRequest): void {
    const body = readBody(new HeaderTable(req.raw), req.body);
    const sdp = body.kind === 'sdp' ? body.sdp : null;
    if (sdp !== null) this.#remoteSdp = sdp;
    const awaiting = this.#awaitingAnswer;
    this.#awaitingAnswer = null;
    try {
      awaiting?.(sdp);
    } catch (error) {
      this.#failed(error);
    }
  }

  #whenReady(res: DrachtioResponse, answer: () => void): void {
    background('answering inside a dialog', this.options.log, () => this.#answerWhenReady(res, answer));
  }

  async #answerWhenReady(res: DrachtioResponse, answer: () => void): Promise<void> {
    await this.options.ready;
    if (this.#end !== null) {
      this.#send(res, 481);
      return;
    }
    try {
      answer();
    } catch (error) {
      // A handler's bug must not leave the far end without an answer.
      this.#failed(error);
      this.#send(res, 500);
    }
  }

  #failed(error: unknown): void {
    this.options.log.error(
      { code: 'UNEXPECTED_ERROR', callId: this.callId, error: String(error) },
      'a handler inside a dialog failed',
    );
  }

  #answerOffer(req: DrachtioRequest, res: DrachtioResponse): void {
    const body = readBody(new HeaderTable(req.raw), req.body);
    if (body.kind === 'refused') {
      this.#send(res, body.status, { Accept: 'application/sdp' });
      return;
    }
    const offer = body.kind === 'sdp' ? body.sdp : null;
    const answer: OfferAnswer = this.#onReinvite?.(offer) ?? { status: 488 };
    if ('status' in answer) {
      this.#send(res, answer.status, answer.warning === undefined ? {} : { Warning: warningHeader(answer.warning) });
      return;
    }
    if (offer === null) this.#awaitingAnswer = answer.answered ?? null;
    else this.#remoteSdp = offer;
    this.#send(res, 200, { Allow: ALLOW, 'Content-Type': 'application/sdp' }, answer.sdp);
  }

  /** RFC 3311 §5.2: an UPDATE with an offer is a re-INVITE without the ACK; without one it only refreshes. */
  #answerUpdate(req: DrachtioRequest, res: DrachtioResponse): void {
    const body = readBody(new HeaderTable(req.raw), req.body);
    if (body.kind === 'none') this.#send(res, 200, { Allow: ALLOW });
    else this.#answerOffer(req, res);
  }

  /** RFC 3261 §21.4.13: 415 for a body of a kind we do not know, and for a package (RFC 6086) that the server lets through. */
  #takeInfo(req: DrachtioRequest, res: DrachtioResponse): void {
    const headers = new HeaderTable(req.raw);
    const body = req.body ?? '';
    const inPackage = headers.get('Info-Package') !== null;
    if (body.trim() === '' && !inPackage) this.#send(res, 200);
    else {
      const verdict = (inPackage ? null : this.#onInfo?.(headers.get('Content-Type') ?? '', body)) ?? 'unknown-type';
      if (verdict === 'taken') this.#send(res, 200);
      else if (verdict === 'unreadable') res.send(400, 'No key in the body', { headers: {} });
      else this.#send(res, 415, { Accept: INFO_TYPES.join(', ') });
    }
  }

  #send(res: DrachtioResponse, status: number, headers: Readonly<Record<string, string>> = {}, body?: string): void {
    res.send(status, undefined, body === undefined ? { headers } : { headers, body });
  }
}

/** How a BYE ends a dialog. The server's own BYEs say why in their Reason (ACK time-out, session timer). */
function endOf(req: DrachtioRequest, serverReason: string | undefined): DialogEnd {
  const { cause, text } = parseReason(new HeaderTable(req.raw).get('Reason'));
  if (req.source !== 'application') return { by: 'remote', cause, reason: text };
  const why = text ?? serverReason ?? '';
  if (/\back\b/i.test(why)) return { by: 'no-ack', cause: null, reason: why };
  if (/session/i.test(why)) return { by: 'session-expired', cause: cause === CAUSE.NORMAL_CLEARING ? null : cause, reason: why };
  return { by: 'signaling-lost', cause, reason: why || 'ended by the signalling server' };
}
