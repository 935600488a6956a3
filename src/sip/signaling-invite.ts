import { background } from '../lib/log/background.js';
import type { Clock } from '../lib/clock.js';
import type { Logger } from '../lib/log/log.js';
import { err, ok, type Result } from '../lib/result.js';
import type { DrachtioDialog, DrachtioRequest, DrachtioResponse, DrachtioSrf } from './drachtio-types.js';
import { HeaderTable, parseReason, plainText, reasonHeader, warningHeader } from './headers.js';
import { readBody } from './sdp-body.js';
import { ALLOW } from './server/message/methods.js';
import { LiveDialog } from './signaling-dialog.js';
import type {
  IncomingInvite,
  OfferAnswer,
  RejectOptions,
  SignalingError,
  SignalingErrorCode,
  SipAddress,
  SipDialog,
} from './types.js';

/** What `checkInvite` read out of an INVITE that may become a call. */
export interface InviteParts {
  readonly headers: HeaderTable;
  readonly callId: string;
  readonly from: SipAddress;
  readonly to: SipAddress;
  readonly requestUri: SipAddress;
  readonly sdp: string | null;
}

export interface ServerInviteOptions {
  readonly srf: DrachtioSrf;
  readonly req: DrachtioRequest;
  readonly res: DrachtioResponse;
  readonly parts: InviteParts;
  readonly log: Logger;
  readonly clock: Clock;
  /** How long to wait for the ACK, ms; the server itself gives up after 32 s (RFC 3261 §13.3.1.4). */
  readonly ackTimeoutMs: number;
  readonly onDialog: (dialog: LiveDialog) => void;
  readonly onDialogEnded: (dialog: LiveDialog) => void;
  /** Told once, when the INVITE has its final response or died. */
  readonly onSettled: () => void;
}

const CANCELLED = 'CANCELLED' satisfies SignalingErrorCode;
const LOST = 'LOST' satisfies SignalingErrorCode;
const NO_PRACK = 'NO_PRACK' satisfies SignalingErrorCode;

/**
 * How long the 180 waits for a final response, ms. One that comes within that time goes alone: proxies were seen to let a 180 and a 200
 * that leave together change places. No caller misses ringing that would be this short.
 */
const RING_AFTER_MS = 100;
/** Seconds after which an offer may be made again that met one without answer (RFC 3311 §5.2: 0 to 10). */
const OFFER_AGAIN_S = 5;

type Accepted = Result<SipDialog, SignalingError>;

/** An `IncomingInvite` over a drachtio-srf request. */
export class ServerInvite implements IncomingInvite {
  readonly callId: string;
  readonly from: SipAddress;
  readonly to: SipAddress;
  readonly requestUri: SipAddress;
  readonly source: IncomingInvite['source'];
  readonly sdp: string | null;
  #remoteSdp: string | null;
  readonly #cancelled = new AbortController();
  #phase: 'open' | 'accepting' | 'settled' = 'open';
  #lost = false;
  #giveUpAccept: (() => void) | null = null;
  /** Stops the 180 that waits. */
  #stopRinging: (() => void) | null = null;
  #onOffer: ((offer: string) => OfferAnswer) | null = null;
  #withdrawnBecause: SignalingErrorCode = CANCELLED;

  constructor(private readonly options: ServerInviteOptions) {
    const { req, parts } = options;
    this.callId = parts.callId;
    this.from = parts.from;
    this.to = parts.to;
    this.requestUri = parts.requestUri;
    this.sdp = this.#remoteSdp = parts.sdp;
    this.source = { address: req.source_address, port: req.source_port, transport: req.protocol };
    // The server has answered the CANCEL with 200 and the INVITE with 487 by the time we hear of it.
    req.on('cancel', () => {
      if (this.#phase === 'open') this.#settle();
      this.#cancelled.abort(this.#withdrawnBecause);
    });
  }

  get cancelled(): AbortSignal {
    return this.#cancelled.signal;
  }

  get customHeaders(): Readonly<Record<string, string>> {
    return this.options.parts.headers.custom;
  }

  header(name: string): string | null {
    return this.options.parts.headers.get(name);
  }

  headers(name: string): readonly string[] {
    return this.options.parts.headers.all(name);
  }

  ring(): void {
    if (this.#phase !== 'open') return;
    this.#stopRinging ??= this.options.clock.after(RING_AFTER_MS, () => {
      if (this.#phase === 'open') this.options.res.send(180, undefined, { headers: { Allow: ALLOW } });
    });
  }

  onOffer(handler: (offer: string) => OfferAnswer): void {
    this.#onOffer = handler;
  }

  /** PRACK of our 180. The server has matched it; an offer in it is answered in its 200 (RFC 3262 §5). */
  prack(req: DrachtioRequest, res: DrachtioResponse): void {
    const body = readBody(new HeaderTable(req.raw), req.body);
    if (body.kind === 'refused') refuse(res, body.status, undefined, { Accept: 'application/sdp' });
    else if (body.kind === 'none') res.send(200, undefined);
    else this.#answerOffer(body.sdp, res);
  }

  /** UPDATE before the answer: an offer has to wait until the INVITE's own is answered (RFC 3311 §5.2). */
  update(req: DrachtioRequest, res: DrachtioResponse): void {
    const body = readBody(new HeaderTable(req.raw), req.body);
    if (body.kind === 'none') res.send(200, undefined, { headers: { Allow: ALLOW } });
    else refuse(res, 500, 'Offer pending', { 'Retry-After': String(OFFER_AGAIN_S) });
  }

  #answerOffer(offer: string, res: DrachtioResponse): void {
    const answer: OfferAnswer = this.#onOffer?.(offer) ?? { status: 488 };
    if ('sdp' in answer) {
      this.#remoteSdp = offer;
      res.send(200, undefined, { headers: { 'Content-Type': 'application/sdp' }, body: answer.sdp });
    } else refuse(res, answer.status, undefined, answer.warning === undefined ? {} : { Warning: warningHeader(answer.warning) });
  }

  reject(status: number, options: RejectOptions = {}): void {
    if (this.#phase !== 'open') return;
    this.#settle();
    const headers: Record<string, string> = {};
    if (options.retryAfter !== undefined) headers['Retry-After'] = String(Math.ceil(options.retryAfter));
    if (options.cause !== undefined) headers['Reason'] = reasonHeader(options.cause);
    if (options.warning !== undefined) headers['Warning'] = warningHeader(options.warning);
    refuse(this.options.res, status, options.reason, headers);
  }

  /** The caller cancelled, or the server gave the call up; `cancel` is the message. drachtio-srf's own listeners hear of it too. */
  withdrawn(cancel: string): void {
    const { text } = parseReason(new HeaderTable(cancel).get('Reason'));
    if (isUnacknowledged(text)) this.#withdrawnBecause = NO_PRACK;
    this.options.req.emit('cancel');
  }

  /** The signalling server is gone: nothing can be said to the caller any more. */
  lost(): void {
    this.#lost = true;
    if (this.#phase === 'open') this.#settle();
    this.#giveUpAccept?.();
    this.#cancelled.abort(LOST);
  }

  accept(sdp: string): Promise<Accepted> {
    if (this.#phase !== 'open') return Promise.resolve(err(this.#gone()));
    this.#phase = 'accepting';
    this.#stopRinging?.();
    return new Promise((resolve) => {
      this.#accept(sdp, resolve);
    });
  }

  /**
   * Sends 200 and waits for the ACK. drachtio-srf calls back as soon as the 200 is out; the rest is ours:
   * the ACK ('ack'), the server's BYE when none came ('destroy'), and neither (own timer: the server was seen to lose that BYE).
   */
  #accept(sdp: string, resolve: (result: Accepted) => void): void {
    const { srf, req, res, clock, ackTimeoutMs } = this.options;
    let live: LiveDialog | null = null;
    let settled = false;
    let announceReady: () => void = () => undefined;
    const ready = new Promise<void>((done) => {
      announceReady = done;
    });
    const settle = (result: Accepted): void => {
      if (settled) return;
      settled = true;
      stopTimer();
      this.#giveUpAccept = null;
      this.#settle();
      resolve(result);
      // Requests inside the dialog go on only after the code that awaits `accept` has run.
      setImmediate(announceReady);
    };
    const stopTimer = clock.after(ackTimeoutMs, () => {
      settle(err({ code: 'NO_ACK', status: null, message: 'The caller never acknowledged our 200.' }));
      live?.abandon();
    });
    this.#giveUpAccept = () => settle(err(this.#gone()));
    const onCreated = (error: unknown, dialog?: DrachtioDialog): void => {
      if (dialog === undefined) {
        settle(err(this.#refused(error)));
        return;
      }
      live = this.#liveDialog(dialog, ready);
      const own = live;
      if (settled) {
        // Too late: the connection broke or the timer fired meanwhile.
        own.bye();
        return;
      }
      dialog.on('ack', () => settle(ok(own)));
      background('the end of a dialog', this.options.log, async () => {
        const end = await own.ended;
        // A BYE read together with its ACK ends the dialog before 'ack' is told: the call was up, and is over.
        settle(end.by === 'no-ack' ? err({ code: 'NO_ACK', status: null, message: end.reason ?? 'no ACK' }) : ok(own));
      });
    };
    try {
      srf.createUAS(req, res, { localSdp: sdp, headers: { Allow: ALLOW, 'Content-Type': 'application/sdp' } }, onCreated);
    } catch (error) {
      settle(err(this.#refused(error)));
    }
  }

  #liveDialog(dialog: DrachtioDialog, ready: Promise<unknown>): LiveDialog {
    const { srf, log, onDialog, onDialogEnded } = this.options;
    const live = new LiveDialog({ srf, dialog, remoteSdp: this.#remoteSdp, log, ready, onEnded: onDialogEnded });
    onDialog(live);
    return live;
  }

  #settle(): void {
    if (this.#phase === 'settled') return;
    this.#phase = 'settled';
    this.#stopRinging?.();
    this.options.onSettled();
  }

  /** The server did not take our 200: because a reliable 180 was never acknowledged, else because the caller's CANCEL won the race. */
  #refused(error: unknown): SignalingError {
    if (this.#lost) return this.#gone();
    this.options.log.debug({ callId: this.callId, error: String(error) }, '200 not taken');
    const unacknowledged = isUnacknowledged(String(error));
    this.#cancelled.abort(unacknowledged ? NO_PRACK : CANCELLED);
    return this.#gone();
  }

  #gone(): SignalingError {
    if (this.#lost) return { code: 'LOST', status: null, message: 'The signalling server was lost.' };
    if (this.cancelled.reason === NO_PRACK)
      return { code: NO_PRACK, status: 500, message: 'The caller never acknowledged our 180.' };
    if (this.cancelled.aborted) return { code: 'CANCELLED', status: 487, message: 'The caller had cancelled.' };
    return { code: 'GONE', status: null, message: 'The INVITE already has its final response.' };
  }
}

/** Whether the signalling server says that no PRACK came in time. */
function isUnacknowledged(reason: string | null): boolean {
  return reason !== null && /provisional response not acknowledged/i.test(reason);
}

/** Sends a final refusal. drachtio-srf throws for a status it has no name for: its class's x00 goes instead (RFC 3261 §21). */
export function refuse(
  res: DrachtioResponse,
  status: number,
  reason: string | undefined,
  headers: Readonly<Record<string, string>>,
): void {
  const phrase = reason === undefined ? undefined : plainText(reason);
  try {
    res.send(status, phrase, { headers });
  } catch {
    res.send(Math.floor(status / 100) * 100, phrase, { headers });
  }
}
