import type { Clock } from '../lib/clock.js';
import type { Logger } from '../lib/log/log.js';
import { err, ok, type Result } from '../lib/result.js';
import { parseUri, withoutHeaders } from './address.js';
import type { DrachtioDialog, DrachtioRequest, DrachtioResponse, DrachtioSrf, DrachtioUacOptions } from './drachtio-types.js';
import { headerProblem, HeaderTable } from './headers.js';
import { readBody } from './sdp-body.js';
import { ALLOW } from './server/message/methods.js';
import { LiveDialog } from './signaling-dialog.js';
import type { OutgoingInviteOptions, SignalingError, SipDialog } from './types.js';

export interface ClientInviteOptions {
  readonly srf: DrachtioSrf;
  readonly log: Logger;
  readonly clock: Clock;
  readonly onDialog: (dialog: LiveDialog) => void;
  readonly onDialogEnded: (dialog: LiveDialog) => void;
}

type Placed = Result<SipDialog, SignalingError>;

/** Headers an application may not set: the signalling server or drachtio-srf writes them. */
const RESERVED = new Set(['via', 'from', 'to', 'call-id', 'cseq', 'contact', 'content-length', 'content-type', 'max-forwards']);

/** One call we place (RFC 3261 §13.2). */
export class ClientInvite {
  #resolve: (result: Placed) => void = () => undefined;
  #settled = false;
  #sent: DrachtioRequest | null = null;
  #cancelWanted = false;
  #cleanUp: () => void = () => undefined;

  constructor(private readonly options: ClientInviteOptions) {}

  /** Places the call. Resolves with the dialog or why there is none; as soon as `signal` aborts, without waiting for the peer. */
  place(request: OutgoingInviteOptions, signal: AbortSignal): Promise<Placed> {
    const problem = requestProblem(request);
    if (problem !== null) return Promise.resolve(err(failure('REJECTED', problem)));
    if (signal.aborted) return Promise.resolve(err(failure('CANCELLED', 'Cancelled before the INVITE was sent.')));
    return new Promise((resolve) => {
      this.#resolve = resolve;
      // The server holds a CANCEL back until a provisional response came, and a silent peer gets it only after 32 s: own timer.
      const stopTimer = this.options.clock.after(request.ringTimeout * 1000, () => {
        this.#cancel(failure('TIMEOUT', `No answer within ${request.ringTimeout} s.`));
      });
      const onAbort = (): void => {
        this.withdraw();
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.#cleanUp = () => {
        stopTimer();
        signal.removeEventListener('abort', onAbort);
      };
      this.#send(request);
    });
  }

  /** Cancels the call (RFC 3261 §9.1). Idempotent. */
  withdraw(): void {
    this.#cancel(failure('CANCELLED', 'Cancelled.'));
  }

  /** The signalling server is gone. */
  lost(): void {
    this.#settle(err(failure('LOST', 'The signalling server was lost.')));
  }

  #send(request: OutgoingInviteOptions): void {
    const onRequest = (error: unknown, sent?: DrachtioRequest): void => {
      if (error || sent === undefined) return;
      this.#sent = sent;
      if (this.#cancelWanted) this.#sendCancel(sent);
    };
    const onProvisional = (res: DrachtioResponse): void => {
      if (this.#settled || res.status <= 100) return;
      try {
        request.onProvisional?.(res.status, sdpOf(res));
      } catch (error) {
        this.options.log.error({ code: 'UNEXPECTED_ERROR', error: String(error) }, 'a listener for ringing failed');
      }
    };
    try {
      const progress = { cbRequest: onRequest, cbProvisional: onProvisional };
      this.options.srf.createUAC(withoutHeaders(request.uri), uacOptions(request), progress, (error, dialog) => {
        if (dialog === undefined) this.#settle(err(errorOf(error)));
        else this.#onDialog(dialog);
      });
    } catch (error) {
      // drachtio-srf asserts when it has no connection at this moment.
      this.#settle(err(failure('LOST', error instanceof Error ? error.message : 'no connection')));
    }
  }

  #onDialog(dialog: DrachtioDialog): void {
    const { srf, log, onDialog, onDialogEnded } = this.options;
    let announceReady: () => void = () => undefined;
    const ready = new Promise<void>((done) => {
      announceReady = done;
    });
    const live = new LiveDialog({ srf, dialog, remoteSdp: sdpOf(dialog.res), log, ready, onEnded: onDialogEnded });
    onDialog(live);
    // RFC 3261 §15: a 200 that crossed our CANCEL made a call nobody wants any more.
    if (this.#settled) live.bye();
    else this.#settle(ok(live));
    setImmediate(announceReady);
  }

  #cancel(reason: SignalingError): void {
    if (this.#settled) return;
    this.#cancelWanted = true;
    if (this.#sent !== null) this.#sendCancel(this.#sent);
    this.#settle(err(reason));
  }

  #sendCancel(sent: DrachtioRequest): void {
    try {
      sent.cancel((error) => {
        if (error) this.options.log.debug({}, 'CANCEL had nowhere to go');
      });
    } catch (error) {
      this.options.log.debug({ error: String(error) }, 'CANCEL could not be sent');
    }
  }

  #settle(result: Placed): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#cleanUp();
    this.#resolve(result);
  }
}

function uacOptions(request: OutgoingInviteOptions): DrachtioUacOptions {
  const headers: Record<string, string> = { ...request.headers };
  headers['From'] = `<${fromUri(request.from)}>`;
  headers['Allow'] = ALLOW;
  headers['Content-Type'] = 'application/sdp';
  const options = { localSdp: request.sdp, headers };
  return request.auth === undefined ? options : { ...options, auth: request.auth };
}

/** `from` is a SIP URI or a number; the server puts its own address in place of `localhost`. */
function fromUri(from: string): string {
  return /^sips?:/i.test(from) ? from : `sip:${from}@localhost`;
}

/** Trap: drachtio-srf writes header values as they are, line breaks included. */
function requestProblem(request: OutgoingInviteOptions): string | null {
  const target = parseUri(request.uri);
  if (target === null || !/^sips?:/i.test(request.uri)) return `"${request.uri}" is not a SIP URI.`;
  if (parseUri(fromUri(request.from)) === null) return `"${request.from}" cannot stand in a From header.`;
  for (const [name, value] of Object.entries(request.headers ?? {})) {
    if (RESERVED.has(name.toLowerCase())) return `The header ${name} belongs to the signalling server.`;
    const problem = headerProblem(name, value);
    if (problem !== null) return problem;
  }
  return null;
}

function sdpOf(res: DrachtioResponse): string | null {
  const body = readBody(new HeaderTable(res.raw), res.body);
  return body.kind === 'sdp' ? body.sdp : null;
}

function failure(code: SignalingError['code'], message: string): SignalingError {
  return { code, status: null, message };
}

function errorOf(error: unknown): SignalingError {
  // The server's own refusals come as plain text.
  if (!(error instanceof Error)) return failure('REJECTED', typeof error === 'string' ? error : 'refused');
  const { status, code, message } = error as Error & { readonly status?: unknown; readonly code?: unknown };
  if (typeof status === 'number') return { code: 'REJECTED', status, message: `The far end answered ${status}.` };
  if (code === 'ESOCKETDESTROYED') return failure('LOST', 'The signalling server was lost.');
  return failure('REJECTED', message);
}
