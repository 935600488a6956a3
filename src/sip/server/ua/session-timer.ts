import type { RequestEnvelope } from '../envelope.js';
import { parseParams, param, tokens } from '../headers.js';
import { header, headerLines, type SipHeader } from '../message.js';
import type { Dialog } from '../dialog/dialog.js';
import type { TimerWheel, WheelTimer } from '../wheel.js';

/** Smallest interval RFC 4028 §4 allows, s. */
const MIN_SE = 90;
const MAX_SE = 86_400;

/** What a request asks for: seconds, or that no timer is wanted, or that the one wanted is too small (§9: 422). */
export type SessionRequest = { readonly seconds: number } | 'none' | 'too small';

/** Reads what an INVITE or UPDATE says of session timers (RFC 4028 §9). */
export function sessionRequest(request: RequestEnvelope): SessionRequest {
  const { message } = request;
  const value = header(message, 'Session-Expires');
  const match = value === null ? null : /^(\d{1,9})\s*(;.*)?$/.exec(value);
  const supported = [...headerLines(message, 'Supported'), ...headerLines(message, 'Require')];
  const timer = tokens(supported).some((tag) => tag.toLowerCase() === 'timer');
  if (match?.[1] === undefined || !timer) return 'none';
  const seconds = Math.min(Number(match[1]), MAX_SE);
  if (seconds < MIN_SE) return 'too small';
  // Refreshing is left to the far end; one that wants us to do it gets no timer, as §9 lets us choose.
  return param(parseParams(match[2] ?? '') ?? [], 'refresher') === 'uas' ? 'none' : { seconds };
}

/** Headers of the 2xx that accept a timer which the far end refreshes. */
export function sessionHeaders(request: SessionRequest): readonly SipHeader[] {
  if (typeof request === 'string') return [];
  return [
    { name: 'Session-Expires', value: `${request.seconds};refresher=uac` },
    { name: 'Require', value: 'timer' },
  ];
}

/** Sessions that the far end has promised to refresh; one that is not refreshed is ended (RFC 4028 §10). */
export class SessionTimers {
  readonly #timers = new Map<Dialog, WheelTimer>();

  constructor(
    private readonly wheel: TimerWheel,
    private readonly onExpired: (dialog: Dialog) => void,
  ) {}

  /** A 2xx was sent: the interval begins anew, or there is none any more. */
  refreshed(dialog: Dialog, agreed: SessionRequest): void {
    this.stop(dialog);
    if (typeof agreed === 'string') return;
    // §10: end it a third of the interval, at most 32 s, before the far end would.
    const ms = (agreed.seconds - Math.min(32, agreed.seconds / 3)) * 1000;
    this.#timers.set(
      dialog,
      this.wheel.schedule(ms, () => {
        this.#timers.delete(dialog);
        this.onExpired(dialog);
      }),
    );
  }

  stop(dialog: Dialog): void {
    this.wheel.cancel(this.#timers.get(dialog) ?? null);
    this.#timers.delete(dialog);
  }
}
