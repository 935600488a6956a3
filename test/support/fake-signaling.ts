import { err, ok, type Result } from '../../src/lib/result.js';
import type {
  DialogEnd,
  IncomingInvite,
  InfoVerdict,
  OfferAnswer,
  OutgoingInviteOptions,
  Signaling,
  SignalingError,
  SignalingErrorCode,
  SipDialog,
  Warning,
} from '../../src/sip/types.js';

/** An offer any engine can answer. */
export const OFFER =
  'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0 101\r\n' +
  'a=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\na=sendrecv\r\n';

/** What a far end got from us. */
export interface FakeResponse {
  readonly status: number;
  readonly sdp: string | null;
  readonly retryAfter: number | null;
  readonly cause: number | null;
  readonly warning?: Warning;
}

export interface DialOptions {
  readonly number?: string;
  readonly to?: string;
  readonly from?: string;
  /** Null for a late offer. */
  readonly sdp?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
  /** Acknowledge a 200 at once (default true). */
  readonly autoAck?: boolean;
  /** SDP of that ACK (late offer). */
  readonly ackSdp?: string;
}

/** The dialog both fakes end in. */
class FakeDialog implements SipDialog {
  readonly ended: Promise<DialogEnd>;
  readonly byes: (number | null)[] = [];
  #resolve: (end: DialogEnd) => void = () => undefined;
  #end: DialogEnd | null = null;
  #reinvite: ((offer: string | null) => OfferAnswer) | null = null;
  #info: ((contentType: string, body: string) => InfoVerdict) | null = null;

  constructor(
    readonly callId: string,
    public remoteSdp: string | null,
    private readonly onOver: (dialog: FakeDialog) => void,
  ) {
    this.ended = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  onReinvite(handler: (offer: string | null) => OfferAnswer): void {
    this.#reinvite = handler;
  }

  onInfo(handler: (contentType: string, body: string) => InfoVerdict): void {
    this.#info = handler;
  }

  bye(cause?: number): void {
    if (this.#end !== null) return;
    this.byes.push(cause ?? null);
    this.finish({ by: 'local', cause: cause ?? null, reason: null });
  }

  finish(end: DialogEnd): void {
    if (this.#end !== null) return;
    this.#end = end;
    this.onOver(this);
    this.#resolve(end);
  }

  info(contentType: string, body: string): number {
    if (this.#end !== null) return 481;
    return { taken: 200, unreadable: 400, 'unknown-type': 415 }[this.#info?.(contentType, body) ?? 'unknown-type'];
  }

  reinvite(sdp: string | null, ackSdp: string | null): FakeResponse {
    if (this.#end !== null) return response(481);
    const answer: OfferAnswer = this.#reinvite?.(sdp) ?? { status: 488 };
    if ('status' in answer) {
      const { status, warning } = answer;
      return { ...response(status), ...(warning === undefined ? {} : { warning }) };
    }
    if (sdp !== null) this.remoteSdp = sdp;
    else {
      if (ackSdp !== null) this.remoteSdp = ackSdp;
      answer.answered?.(ackSdp);
    }
    return { ...response(200), sdp: answer.sdp };
  }
}

function response(status: number): FakeResponse {
  return { status, sdp: null, retryAfter: null, cause: null };
}

/** A caller who dials us. */
export class FakeCaller {
  readonly responses: FakeResponse[] = [];
  #dialog: FakeDialog | null = null;
  #resolveAccept: ((result: Result<SipDialog, SignalingError>) => void) | null = null;
  readonly #cancelled = new AbortController();
  #final = false;
  #offer: ((offer: string) => OfferAnswer) | null = null;

  constructor(
    private readonly options: DialOptions,
    private readonly callId: string,
    private readonly onDialog: (dialog: FakeDialog) => void,
    private readonly onOver: (dialog: FakeDialog) => void,
  ) {}

  /** Status codes so far. */
  get statuses(): readonly number[] {
    return this.responses.map((r) => r.status);
  }

  get last(): FakeResponse | undefined {
    return this.responses.at(-1);
  }

  /** Q.850 causes of the BYEs we sent this caller. */
  get byes(): readonly (number | null)[] {
    return this.#dialog?.byes ?? [];
  }

  ack(sdp: string | null = this.options.ackSdp ?? null): void {
    const dialog = this.#dialog;
    if (dialog === null || this.#resolveAccept === null) return;
    if (this.options.sdp === null) dialog.remoteSdp = sdp;
    this.#settleAccept(ok(dialog));
  }

  /** The ACK never comes; the server gives up and sends BYE. */
  neverAck(): void {
    this.#settleAccept(err(failure('NO_ACK')));
    this.#dialog?.finish({ by: 'no-ack', cause: null, reason: 'ACK timeout' });
  }

  /** CANCEL. After our 200 went out it has no effect (RFC 3261 §9.2). */
  cancel(): void {
    if (this.#final) return;
    this.#final = true;
    this.responses.push(response(487));
    this.#cancelled.abort('CANCELLED');
  }

  /** CANCEL that the server took before our 200: the 200 is not sent. */
  cancelBeforeOurAnswer(): void {
    this.responses.push(response(487));
    if (this.#dialog !== null) this.onOver(this.#dialog);
    this.#settleAccept(err(failure('CANCELLED', 487)));
    this.#cancelled.abort('CANCELLED');
  }

  /** PRACK of our 180 with an offer in it. */
  prack(offer: string): FakeResponse {
    const answer: OfferAnswer = this.#offer?.(offer) ?? { status: 488 };
    return 'sdp' in answer ? { ...response(200), sdp: answer.sdp } : response(answer.status);
  }

  /** A caller that requires 100rel never acknowledges our 180: the server refuses its INVITE, which may have our 200 held back. */
  neverPrack(): void {
    this.#final = true;
    this.responses.splice(0, this.responses.length, ...this.responses.filter(({ status }) => status !== 200), response(500));
    if (this.#dialog !== null) this.onOver(this.#dialog);
    this.#settleAccept(err(failure('NO_PRACK', 500)));
    this.#cancelled.abort('NO_PRACK');
  }

  bye(cause: number | null = null): void {
    this.#dialog?.finish({ by: 'remote', cause, reason: null });
  }

  info(contentType: string, body: string): number {
    return this.#dialog?.info(contentType, body) ?? 481;
  }

  reinvite(sdp: string | null, ackSdp: string | null = null): FakeResponse {
    return this.#dialog?.reinvite(sdp, ackSdp) ?? response(481);
  }

  /** @param cause of a refresh of ours that was refused */
  sessionExpires(cause: number | null = null): void {
    this.#dialog?.finish({ by: 'session-expired', cause, reason: 'Session timer expired' });
  }

  lost(): void {
    this.#final = true;
    this.#settleAccept(err(failure('LOST')));
    this.#cancelled.abort('LOST');
  }

  refuse(refusal: FakeResponse): void {
    this.#final = true;
    this.responses.push(refusal);
  }

  /** What we see of this caller. */
  invite(): IncomingInvite {
    const { number = '100', to = number, from = '+4930123', sdp = OFFER, headers = {} } = this.options;
    return {
      callId: this.callId,
      from: { user: from, host: 'example.org', displayName: null, uri: `sip:${from}@example.org` },
      to: { user: to, host: '127.0.0.1', displayName: null, uri: `sip:${to}@127.0.0.1` },
      requestUri: { user: number, host: '127.0.0.1', displayName: null, uri: `sip:${number}@127.0.0.1` },
      source: { address: '127.0.0.1', port: 5062, transport: 'udp' },
      sdp,
      header: (name) => Object.entries(headers).find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1] ?? null,
      headers: (name) =>
        Object.entries(headers).flatMap(([key, value]) => (key.toLowerCase() === name.toLowerCase() ? [value] : [])),
      customHeaders: Object.fromEntries(Object.entries(headers).filter(([key]) => /^x-/i.test(key))),
      cancelled: this.#cancelled.signal,
      // As the real one: a 180 whose final response comes in the same moment is not sent.
      ring: () => {
        queueMicrotask(() => {
          if (!this.#final) this.responses.push(response(180));
        });
      },
      onOffer: (handler) => {
        this.#offer = handler;
      },
      accept: (localSdp) => this.#accept(localSdp),
      reject: (status, options = {}) => {
        if (this.#final) return;
        const { retryAfter = null, cause = null, warning } = options;
        this.refuse({ status, sdp: null, retryAfter, cause, ...(warning === undefined ? {} : { warning }) });
      },
    };
  }

  #accept(sdp: string): Promise<Result<SipDialog, SignalingError>> {
    if (this.#final) {
      const code = this.#cancelled.signal.aborted ? (this.#cancelled.signal.reason as SignalingErrorCode) : 'GONE';
      return Promise.resolve(err(failure(code, code === 'CANCELLED' ? 487 : null)));
    }
    this.#final = true;
    const { sdp: offer = OFFER } = this.options;
    const dialog = new FakeDialog(this.callId, offer, this.onOver);
    this.#dialog = dialog;
    this.onDialog(dialog);
    this.responses.push({ ...response(200), sdp });
    return new Promise((resolve) => {
      this.#resolveAccept = resolve;
      // A BYE before the ACK: the call was up and is over.
      void dialog.ended.then((end) => {
        this.#settleAccept(end.by === 'no-ack' ? err(failure('NO_ACK')) : ok(dialog));
      });
      if (this.options.autoAck ?? true) this.ack();
    });
  }

  #settleAccept(result: Result<SipDialog, SignalingError>): void {
    this.#resolveAccept?.(result);
    this.#resolveAccept = null;
  }
}

/** A far end that we call. */
export class FakeCallee {
  cancelled = false;
  readonly #dialog: FakeDialog;
  readonly #settle: (result: Result<SipDialog, SignalingError>) => void;

  constructor(
    readonly request: OutgoingInviteOptions,
    dialog: FakeDialog,
    settle: (result: Result<SipDialog, SignalingError>) => void,
  ) {
    this.#dialog = dialog;
    this.#settle = settle;
  }

  get byes(): readonly (number | null)[] {
    return this.#dialog.byes;
  }

  ring(sdp: string | null = null): void {
    this.request.onProvisional?.(sdp === null ? 180 : 183, sdp);
  }

  answer(sdp: string): void {
    this.#dialog.remoteSdp = sdp;
    this.#settle(ok(this.#dialog));
  }

  refuse(status: number): void {
    this.#settle(err(failure('REJECTED', status)));
  }

  bye(cause: number | null = null): void {
    this.#dialog.finish({ by: 'remote', cause, reason: null });
  }

  info(contentType: string, body: string): number {
    return this.#dialog.info(contentType, body);
  }

  settle(result: Result<SipDialog, SignalingError>): void {
    this.#settle(result);
  }
}

/** SIP without a network, keeping to the contract of `Signaling`. */
export class FakeSignaling implements Signaling {
  readonly listening = ['udp/127.0.0.1:5060'];
  readonly callees: FakeCallee[] = [];
  healthy = true;
  #handler: ((invite: IncomingInvite) => void) | null = null;
  #draining = false;
  #calls = 0;
  readonly #dialogs = new Set<FakeDialog>();
  readonly #callers = new Set<FakeCaller>();

  get handled(): boolean {
    return this.#handler !== null;
  }

  /** Dialogs alive. */
  get dialogs(): number {
    return this.#dialogs.size;
  }

  get draining(): boolean {
    return this.#draining;
  }

  /** Somebody calls us. */
  dial(options: DialOptions = {}): FakeCaller {
    const caller = new FakeCaller(options, `call-${++this.#calls}`, this.#keep, this.#forget);
    this.#callers.add(caller);
    if (this.#draining || this.#handler === null) caller.refuse({ ...response(503), retryAfter: 10 });
    else this.#handler(caller.invite());
    return caller;
  }

  /** The connection to the server breaks. */
  lose(): void {
    this.healthy = false;
    for (const caller of this.#callers) caller.lost();
    for (const dialog of [...this.#dialogs]) dialog.finish({ by: 'signaling-lost', cause: null, reason: 'lost' });
    for (const callee of this.callees) callee.settle(err(failure('LOST')));
  }

  onInvite(handler: (invite: IncomingInvite) => void): void {
    this.#handler = handler;
  }

  invite(request: OutgoingInviteOptions, signal: AbortSignal): Promise<Result<SipDialog, SignalingError>> {
    if (!this.healthy) return Promise.resolve(err(failure('LOST')));
    if (signal.aborted) return Promise.resolve(err(failure('CANCELLED')));
    return new Promise((resolve) => {
      const dialog = new FakeDialog(`out-${++this.#calls}`, null, this.#forget);
      const callee = new FakeCallee(request, dialog, (result) => {
        if (result.ok && callee.cancelled) dialog.bye();
        else if (result.ok) this.#keep(dialog);
        resolve(result);
      });
      this.callees.push(callee);
      signal.addEventListener('abort', () => {
        callee.cancelled = true;
        resolve(err(failure('CANCELLED')));
      });
    });
  }

  drain(): void {
    this.#draining = true;
  }

  close(): Promise<void> {
    this.drain();
    for (const dialog of [...this.#dialogs]) dialog.bye();
    this.healthy = false;
    return Promise.resolve();
  }

  readonly #keep = (dialog: FakeDialog): void => {
    this.#dialogs.add(dialog);
  };

  readonly #forget = (dialog: FakeDialog): void => {
    this.#dialogs.delete(dialog);
  };
}

function failure(code: SignalingErrorCode, status: number | null = null): SignalingError {
  return { code, status, message: code };
}
