import type { Result } from '../../lib/result.js';
import type { IncomingInvite, OfferAnswer, SignalingError, SipDialog } from '../../sip/types.js';
import { END_REASONS, type EndReason, type LegEnd } from '../termination.js';
import type { DialogSetup, SetupProgress } from './setup.js';

/** Seconds a caller refused because of a state that passes is asked to wait (RFC 3261 §20.33). */
const RETRY_AFTER_S = 10;
/** Those states. */
const PASSING: ReadonlySet<string> = new Set(['drain', 'store-unavailable']);
/** Status of an ending that has none because nothing can be said any more; never reaches the wire. */
const NOTHING_BETTER = 480;

/** A leg that begins with an INVITE of the far end (RFC 3261 §13.3). */
export class AnsweredInvite implements DialogSetup {
  constructor(private readonly invite: IncomingInvite) {}

  get offer(): string | null {
    return this.invite.sdp;
  }

  onOffer(handler: (offer: string) => OfferAnswer): void {
    this.invite.onOffer(handler);
  }

  onGone(handler: (ending: EndReason) => void): void {
    const { cancelled } = this.invite;
    const onCancelled = (): void => {
      handler(endReasonOfInvite(cancelled.reason));
    };
    // An abort signal does not repeat what happened before: a CANCEL may have won against the media port.
    if (cancelled.aborted) queueMicrotask(onCancelled);
    else cancelled.addEventListener('abort', onCancelled, { once: true });
  }

  /** Sends 180. */
  ring(progress: SetupProgress): void {
    this.invite.ring();
    progress.ringing();
  }

  /** Sends 200; resolves when the ACK came. */
  connect(localSdp: string, progress: SetupProgress): Promise<Result<SipDialog, SignalingError>> {
    progress.answering();
    return this.invite.accept(localSdp);
  }

  /** Sends the final refusal. */
  giveUp({ sip, cause, reason }: LegEnd): void {
    this.invite.reject(sip ?? NOTHING_BETTER, PASSING.has(reason) ? { cause, retryAfter: RETRY_AFTER_S } : { cause });
  }
}

/** How an INVITE that died unanswered ends its leg. */
function endReasonOfInvite(reason: unknown): EndReason {
  if (reason === 'LOST') return END_REASONS.signalingLost();
  return reason === 'NO_PRACK' ? END_REASONS.noPrack() : END_REASONS.cancel();
}
