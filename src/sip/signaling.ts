import type { Clock } from '../lib/clock.js';
import type { Logger } from '../lib/log/log.js';
import { LogSummary } from '../lib/log/log-summary.js';
import { err, ok, type Result } from '../lib/result.js';
import { openLink, type Link, type LinkError } from './drachtio-link.js';
import type { DrachtioRequest, DrachtioResponse, DrachtioSrf } from './drachtio-types.js';
import { HeaderTable } from './headers.js';
import { checkInvite, hasToTag, tagOf, type InviteRefusal } from './signaling-check.js';
import { ALLOW } from './server/message/methods.js';
import type { LiveDialog } from './signaling-dialog.js';
import { refuse, ServerInvite, type InviteParts } from './signaling-invite.js';
import { ClientInvite } from './signaling-outgoing.js';
import type { SipRefusal } from './server/refusals.js';
import type { IncomingInvite, OutgoingInviteOptions, Signaling, SignalingError, SipDialog } from './types.js';

/** Methods the server should hand to us outside dialogs; those we do not serve get 405. */
const NOT_SERVED = ['register', 'subscribe', 'message', 'notify', 'publish', 'refer', 'info'] as const;

/** Seconds a refused caller is asked to wait (RFC 3261 §20.33). */
const RETRY_AFTER_S = 10;
/** Seconds the sender of a request is asked to wait that comes before our answer. */
const EARLY_RETRY_S = 2;

export interface SignalingOptions {
  /**
   * The embedded signalling server or a real drachtio-server: the same to us (docs/decisions/0001-embedded-signalling-server.md).
   */
  readonly server: { readonly host: string; readonly port: number; readonly secret: string };
  readonly log: Logger;
  readonly clock: Clock;
  /** How long the first connection may take, ms; 10,000 when absent. */
  readonly connectTimeoutMs?: number;
  /** How long to wait for an ACK, ms; 35,000 when absent (the server gives up after 32 s). */
  readonly ackTimeoutMs?: number;
  /** The connection to the signalling server broke; every live dialog has ended with `signaling-lost`. It is being tried again. */
  readonly onLost?: () => void;
  readonly onRestored?: () => void;
  /** Somebody takes new calls from now on. */
  readonly onHandled?: () => void;
  /** A new request was turned away before any handler of ours heard of it. */
  readonly onRefused?: (reason: SipRefusal) => void;
}

/**
 * Connects to the signalling server and gives the `Signaling` of `types.ts`. Fails with `SIP_SERVER_UNREACHABLE` or
 * `SIP_SERVER_SECRET`, both mistakes in the configuration or the machine, never in a call.
 */
export async function createSignaling(options: SignalingOptions): Promise<Result<Signaling, LinkError>> {
  const signaling = new DrachtioSignaling(options);
  const opened = await openLink(
    {
      server: options.server,
      log: options.log,
      clock: options.clock,
      connectTimeoutMs: options.connectTimeoutMs ?? 10_000,
      onLost: () => {
        signaling.loseAll();
        options.onLost?.();
      },
      onRestored: () => options.onRestored?.(),
      onCancel: (transactionId, cancel) => signaling.cancelled(transactionId, cancel),
    },
    (srf) => signaling.register(srf),
  );
  if (!opened.ok) return err(opened.error);
  signaling.use(opened.value);
  return ok(signaling);
}

class DrachtioSignaling implements Signaling {
  readonly #dialogs = new Set<LiveDialog>();
  /** Unanswered INVITEs by transaction: forks of one call share their Call-ID. */
  readonly #incoming = new Map<string, ServerInvite>();
  readonly #outgoing = new Set<ClientInvite>();
  #link: Link | null = null;
  #handler: ((invite: IncomingInvite) => void) | null = null;
  #draining = false;
  readonly #refusals: LogSummary;
  readonly #strays: LogSummary;

  constructor(private readonly options: SignalingOptions) {
    this.#refusals = new LogSummary({ log: options.log, clock: options.clock, message: 'INVITE refused' });
    this.#strays = new LogSummary({ log: options.log, clock: options.clock, message: 'SIP messages turned away' });
  }

  get listening(): readonly string[] {
    return this.#link?.listening ?? [];
  }

  get healthy(): boolean {
    return this.#link?.connected ?? false;
  }

  get handled(): boolean {
    return this.#handler !== null;
  }

  use(link: Link): void {
    this.#link = link;
  }

  onInvite(handler: (invite: IncomingInvite) => void): void {
    this.#handler = handler;
    this.options.onHandled?.();
  }

  drain(): void {
    this.#draining = true;
  }

  async invite(request: OutgoingInviteOptions, signal: AbortSignal): Promise<Result<SipDialog, SignalingError>> {
    const link = this.#link;
    if (link?.connected !== true) return err({ code: 'LOST', status: null, message: 'No signalling server is connected.' });
    const { log, clock } = this.options;
    const call = new ClientInvite({ srf: link.srf, log, clock, onDialog: this.#keep, onDialogEnded: this.#forget });
    this.#outgoing.add(call);
    try {
      return await call.place(request, signal);
    } finally {
      this.#outgoing.delete(call);
    }
  }

  async close(): Promise<void> {
    this.drain();
    for (const invite of [...this.#incoming.values()]) invite.reject(503, { retryAfter: RETRY_AFTER_S });
    for (const dialog of [...this.#dialogs]) dialog.bye();
    for (const call of [...this.#outgoing]) call.withdraw();
    this.#refusals.close();
    this.#strays.close();
    await this.#link?.close();
  }

  /** The INVITE of that transaction is over. */
  cancelled(transactionId: string, cancel: string): void {
    this.#incoming.get(transactionId)?.withdrawn(cancel);
  }

  /** Trap: drachtio-srf tells nobody's Dialog that the connection is gone, and the server never BYEs orphans. */
  loseAll(): void {
    for (const invite of [...this.#incoming.values()]) invite.lost();
    for (const dialog of [...this.#dialogs]) dialog.lost();
    for (const call of [...this.#outgoing]) call.lost();
  }

  /** Handlers for every method: drachtio-srf answers 404 for what nobody takes, and UPDATE not at all. */
  register(srf: DrachtioSrf): void {
    srf.use('invite', (req, res) => this.#onInvite(srf, req, res));
    srf.use('options', (_req, res) => this.#onOptions(res));
    // RFC 3262 §3: the server matches a PRACK to its reliable response.
    srf.use('prack', (req, res) => {
      const invite = this.#unanswered(req);
      if (invite === null) res.send(200, undefined);
      else invite.prack(req, res);
    });
    srf.use('update', (req, res) => {
      const invite = this.#unanswered(req);
      if (invite === null) this.#refuseStray(req, res);
      else invite.update(req, res);
    });
    const refuseStray = (req: DrachtioRequest, res: DrachtioResponse): void => this.#refuseStray(req, res);
    for (const method of NOT_SERVED) srf.use(method, refuseStray);
    srf.use(refuseStray);
  }

  /** The call of a request in its early dialog; null when there is none. */
  #unanswered(req: DrachtioRequest): ServerInvite | null {
    if (!hasToTag(req)) return null;
    const headers = new HeaderTable(req.raw);
    const [callId, fromTag] = [headers.get('Call-ID'), tagOf(headers.get('From'))];
    const fits = (invite: ServerInvite): boolean => invite.callId === callId && tagOf(invite.header('From')) === fromTag;
    return [...this.#incoming.values()].find(fits) ?? null;
  }

  #onOptions(res: DrachtioResponse): void {
    if (this.#closed()) refuse(res, 503, undefined, { 'Retry-After': String(RETRY_AFTER_S) });
    else res.send(200, undefined, { headers: { Allow: ALLOW, Accept: 'application/sdp' } });
  }

  #onInvite(srf: DrachtioSrf, req: DrachtioRequest, res: DrachtioResponse): void {
    const checked = this.#admit(req);
    if (checked.ok) {
      this.#hand(srf, req, res, checked.value);
      return;
    }
    const { status, reason, headers, counted } = checked.error;
    if (counted !== undefined) this.options.onRefused?.(counted);
    this.#refusals.add({ source: req.source_address, status }, { reason });
    refuse(res, status, reason, headers ?? {});
  }

  #admit(req: DrachtioRequest): Result<InviteParts, InviteRefusal & { readonly counted?: SipRefusal }> {
    // RFC 3261 §7.1: a method is case-sensitive, and drachtio-srf does not mind.
    if (req.method !== 'INVITE') return err({ status: 501, headers: { Allow: ALLOW }, counted: 'method' });
    // RFC 3261 §12.2.2: a re-INVITE for a dialog that is gone.
    if (hasToTag(req)) return err({ status: 481 });
    if (this.#closed()) {
      const counted = this.#draining ? 'draining' : 'no-application';
      return err({ status: 503, headers: { 'Retry-After': String(RETRY_AFTER_S) }, counted });
    }
    const checked = checkInvite(req);
    if (!checked.ok) return err({ ...checked.error, counted: 'unacceptable' });
    return checked;
  }

  #hand(srf: DrachtioSrf, req: DrachtioRequest, res: DrachtioResponse, parts: InviteParts): void {
    const { log, clock, ackTimeoutMs = 35_000 } = this.options;
    const invite = new ServerInvite({
      srf,
      req,
      res,
      parts,
      log,
      clock,
      ackTimeoutMs,
      onDialog: this.#keep,
      onDialogEnded: this.#forget,
      onSettled: () => this.#incoming.delete(req.stackTxnId),
    });
    this.#incoming.set(req.stackTxnId, invite);
    try {
      this.#handler?.(invite);
    } catch (error) {
      log.error({ code: 'UNEXPECTED_ERROR', callId: parts.callId, error: String(error) }, 'the handler of new calls failed');
      invite.reject(500);
    }
  }

  /**
   * A request no dialog and no handler wants: 481 inside a dialog we do not know (RFC 3261 §12.2.2), else 405. An ACK gets
   * nothing. The dialog of a call that still rings is known: its caller may ask again after the answer (500 ends the request
   * alone, RFC 5057 §5.1).
   */
  #refuseStray(req: DrachtioRequest, res: DrachtioResponse): void {
    if (req.method === 'ACK') return;
    if (hasToTag(req)) {
      if (this.#unanswered(req) !== null) refuse(res, 500, 'Not answered yet', { 'Retry-After': String(EARLY_RETRY_S) });
      else refuse(res, 481, undefined, {});
      return;
    }
    this.options.onRefused?.('method');
    this.#strays.add({ source: req.source_address, reason: 'method' }, { method: req.method, status: 405 });
    refuse(res, 405, undefined, { Allow: ALLOW });
  }

  #closed(): boolean {
    return this.#draining || this.#handler === null;
  }

  readonly #keep = (dialog: LiveDialog): void => {
    this.#dialogs.add(dialog);
  };

  readonly #forget = (dialog: LiveDialog): void => {
    this.#dialogs.delete(dialog);
  };
}
