import type { Result } from '../lib/result.js';

/*
 * What Offhook asks of SIP. `signaling.ts` and its neighbours implement it over drachtio-srf, which `drachtio-link.ts` alone imports;
 * the traps of drachtio-srf end there. Header values are checked for CR, LF and NUL on the way out (RFC 3261 §7.3.1); nothing
 * here throws for what a peer did.
 */

export interface SipAddress {
  /** User part, percent-decoded, parameters removed; `''` when absent. */
  readonly user: string;
  readonly host: string;
  readonly displayName: string | null;
  /** The whole URI as received. */
  readonly uri: string;
}

export type SignalingErrorCode = 'CANCELLED' | 'NO_ACK' | 'NO_PRACK' | 'TIMEOUT' | 'REJECTED' | 'LOST' | 'GONE';

export interface SignalingError {
  readonly code: SignalingErrorCode;
  /** Final SIP status of the far end, where there is one. */
  readonly status: number | null;
  readonly message: string;
}

/** How a dialog ended. */
export interface DialogEnd {
  readonly by: 'remote' | 'local' | 'no-ack' | 'session-expired' | 'signaling-lost';
  /** Q.850 cause from a Reason header (RFC 3326), or null. */
  readonly cause: number | null;
  /** Text of the Reason header, or null. */
  readonly reason: string | null;
}

/**
 * The answer to a re-INVITE. `answered` belongs to one without SDP, where ours is the offer: it gets the far end's answer from
 * the ACK (RFC 3264 §4), null when the ACK had none.
 */
export type OfferAnswer =
  | { readonly sdp: string; readonly answered?: (sdp: string | null) => void }
  | { readonly status: number; readonly warning?: Warning };

/** Kinds of INFO body that carry a key. Used widely and standardised nowhere; RFC 6086 only gives INFO its frame. */
export const INFO_TYPES = ['application/dtmf-relay', 'application/dtmf'] as const;

/** What becomes of the body of a SIP INFO: 200, 400 or 415. */
export type InfoVerdict = 'taken' | 'unreadable' | 'unknown-type';

/** Why we refuse, for the operator of the far end (RFC 3261 §20.43). */
export interface Warning {
  /** One of the 3xx of that section. */
  readonly code: number;
  readonly text: string;
}

/** An established dialog (RFC 3261 §12). */
export interface SipDialog {
  readonly callId: string;
  /** The last SDP of the far end; null when it never sent one. */
  readonly remoteSdp: string | null;
  /** Resolves once, however it ended. */
  readonly ended: Promise<DialogEnd>;
  /** Answers re-INVITEs (and UPDATEs with SDP); `offer` is null for a re-INVITE without SDP. Without a handler: 488. */
  onReinvite(handler: (offer: string | null) => OfferAnswer): void;
  /**
   * Called with each SIP INFO that has a body; the answer says what became of it. Without a handler: `unknown-type`. One without a
   * body is answered 200, one of an info package (RFC 6086) 469: none was agreed on.
   */
  onInfo(handler: (contentType: string, body: string) => InfoVerdict): void;
  /** Sends BYE; never waits for its answer. Idempotent. `cause` goes into a Reason header (RFC 3326). */
  bye(cause?: number): void;
}

/** A new INVITE, not answered yet. */
export interface IncomingInvite {
  readonly callId: string;
  readonly from: SipAddress;
  readonly to: SipAddress;
  readonly requestUri: SipAddress;
  readonly source: { readonly address: string; readonly port: number; readonly transport: string };
  /** Null for an INVITE without SDP (late offer: we offer in the 200, the ACK answers). */
  readonly sdp: string | null;
  /** First value of a header, by any case; null when absent. */
  header(name: string): string | null;
  /** Every line of a header, by any case and in order; empty when absent. */
  headers(name: string): readonly string[];
  /** All `X-*` headers, names as received (docs/behaviour.md#sip-headers). */
  readonly customHeaders: Readonly<Record<string, string>>;
  /**
   * Aborts when the caller CANCELs or the INVITE dies before an answer; its `reason` is `'CANCELLED'`, `'LOST'`, or `'NO_PRACK'` when a
   * caller that requires 100rel never acknowledged the 180 (RFC 3262 §3).
   */
  readonly cancelled: AbortSignal;
  /** Sends 180, unless the final response comes within a moment: two that leave together change places on the way. */
  ring(): void;
  /** Answers an offer that comes before our answer, in a PRACK (RFC 3262 §5). Without a handler: 488. */
  onOffer(handler: (offer: string) => OfferAnswer): void;
  /** Sends 200 with our SDP; resolves when the ACK arrived, with its SDP in a late offer. */
  accept(sdp: string): Promise<Result<SipDialog, SignalingError>>;
  /** Final refusal. No effect after a final response. */
  reject(status: number, options?: RejectOptions): void;
}

/** What a refusal says beside its status. */
export interface RejectOptions {
  readonly reason?: string;
  /** Seconds. */
  readonly retryAfter?: number;
  /** Q.850. */
  readonly cause?: number;
  readonly warning?: Warning;
}

export interface OutgoingInviteOptions {
  /** Request-URI, `sip:` or `sips:`; `?headers` are removed. */
  readonly uri: string;
  readonly from: string;
  readonly sdp: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly auth?: { readonly username: string; readonly password: string };
  readonly onProvisional?: (status: number, sdp: string | null) => void;
  /** Seconds until CANCEL. */
  readonly ringTimeout: number;
}

export interface Signaling {
  /** `udp/192.0.2.1:5060` and the like, as really bound. */
  readonly listening: readonly string[];
  /** The one handler of new calls. Before it is set, and after `drain`, new INVITEs get 503 with Retry-After. */
  onInvite(handler: (invite: IncomingInvite) => void): void;
  invite(request: OutgoingInviteOptions, signal: AbortSignal): Promise<Result<SipDialog, SignalingError>>;
  /** The signalling server is connected and ours. */
  readonly healthy: boolean;
  /** Somebody takes new calls. */
  readonly handled: boolean;
  /** Refuse new calls from now on (503, Retry-After); OPTIONS get 503 too. */
  drain(): void;
  close(): Promise<void>;
}
