import type { Dialog } from '../dialog/dialog.js';
import type { RequestEnvelope } from '../message/envelope.js';
import { parseParams, param, tokens } from '../message/headers.js';
import { header, headerLines, type SipHeader, type SipMessage } from '../message/message.js';
import type { SipTimers, WheelTimer } from '../transaction/wheel.js';

const MAX_SE = 86_400;

/** How a session is kept (RFC 4028): its longest time without refresh, s, and who sends the refreshes. */
export interface SessionAgreement {
  readonly seconds: number;
  readonly refresher: 'us' | 'far';
  /** The far end understands session timers. One that does not may still have them, by a proxy's wish (RFC 4028 §8.1). */
  readonly farKnows: boolean;
}

/** What a request asks for, that no timer is wanted, or that the one wanted is too small (RFC 4028 §9: 422). */
export type SessionRequest = SessionAgreement | 'none' | 'too small';

/**
 * Reads what an INVITE or UPDATE says of session timers (RFC 4028 §9, table 2).
 * @param minSeconds shortest interval we take; at least 90 outside tests (§4)
 */
export function sessionRequest({ message }: RequestEnvelope, minSeconds: number): SessionRequest {
  const asked = sessionExpires(message);
  if (asked === null) return 'none';
  const options = tokens([...headerLines(message, 'Supported'), ...headerLines(message, 'Require')]);
  const farKnows = options.some((tag) => tag.toLowerCase() === 'timer');
  // RFC 4028 §9: only a far end that understands a 422 gets one; for another a timer is not worth its call.
  if (asked.seconds < minSeconds) return farKnows ? 'too small' : 'none';
  const refresher = farKnows && asked.refresher !== 'uas' ? 'far' : 'us';
  return { seconds: Math.min(asked.seconds, MAX_SE), refresher, farKnows };
}

/** Session-Expires of a message (RFC 4028 §4); null for none, or one that cannot be read. */
export function sessionExpires(message: SipMessage): { readonly seconds: number; readonly refresher: string | null } | null {
  const match = /^(\d{1,9})\s*(;.*)?$/.exec(header(message, 'Session-Expires') ?? '');
  if (match?.[1] === undefined) return null;
  return { seconds: Number(match[1]), refresher: param(parseParams(match[2] ?? '') ?? [], 'refresher')?.toLowerCase() ?? null };
}

/** Headers of the 2xx that accept a timer (RFC 4028 §9). */
export function sessionHeaders(agreed: SessionRequest): readonly SipHeader[] {
  if (typeof agreed === 'string') return [];
  const value = `${agreed.seconds};refresher=${agreed.refresher === 'us' ? 'uas' : 'uac'}`;
  return [{ name: 'Session-Expires', value }, ...(agreed.farKnows ? [{ name: 'Require', value: 'timer' }] : [])];
}

interface Running {
  readonly agreed: SessionAgreement;
  readonly expiry: WheelTimer;
  refresh: WheelTimer | null;
}

/** The timers of sessions: the one that ends a session nobody refreshes, and the one that has us refresh it (RFC 4028 §10). */
export class SessionTimers {
  readonly #running = new Map<Dialog, Running>();

  constructor(
    private readonly wheel: SipTimers,
    private readonly hooks: { expired(dialog: Dialog): void; refresh(dialog: Dialog, agreed: SessionAgreement): void },
  ) {}

  /** A 2xx was sent or came: the interval begins anew, or there is none any more. */
  refreshed(dialog: Dialog, agreed: SessionRequest): void {
    this.stop(dialog);
    if (typeof agreed === 'string') return;
    const { seconds, refresher } = agreed;
    // The far end's refresh may be late by this much before we end the session; ours has the whole interval for its tries.
    const slack = refresher === 'far' ? Math.min(32, seconds / 3) : 0;
    const expiry = this.wheel.schedule((seconds - slack) * 1000, () => {
      this.stop(dialog);
      this.hooks.expired(dialog);
    });
    this.#running.set(dialog, { agreed, expiry, refresh: null });
    if (refresher === 'us') this.refreshIn(dialog, (seconds / 2) * 1000);
  }

  /** Has us refresh the session in `ms` ms, unless its timers have stopped by then. */
  refreshIn(dialog: Dialog, ms: number): void {
    const running = this.#running.get(dialog);
    if (running === undefined) return;
    this.wheel.cancel(running.refresh);
    running.refresh = this.wheel.schedule(ms, () => this.hooks.refresh(dialog, running.agreed));
  }

  stop(dialog: Dialog): void {
    const running = this.#running.get(dialog);
    if (running === undefined) return;
    this.wheel.cancel(running.expiry);
    this.wheel.cancel(running.refresh);
    this.#running.delete(dialog);
  }
}
