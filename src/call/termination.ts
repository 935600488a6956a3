import { CAUSE, causeOfStatus, statusOfCause } from '../sip/rfc3398.js';
import type { DialogEnd, SignalingError } from '../sip/types.js';
import type { Termination } from '../model/termination.js';

/**
 * What ends a call or a leg: one of {@link END_REASONS}. For a leg that is not the caller's, `by: 'caller'` means its own far end. `sip`
 * overrides the status that the cause would give to an unanswered call.
 */
export type EndReason = Omit<Termination, 'sip'> & { readonly sip?: number | null };

/** Every way a call ends. */
export const END_REASONS = {
  /** The caller hung up. `cause` from a Reason header (RFC 3326), where there was one. */
  bye: (cause: number | null): EndReason => ({ by: 'caller', cause: cause ?? CAUSE.NORMAL_CLEARING, reason: 'bye' }),
  /** The caller gave up before the answer (RFC 3261 §9). RFC 3398 §7.2.3 maps CANCEL to normal clearing. */
  cancel: (): EndReason => ({ by: 'caller', cause: CAUSE.NORMAL_CLEARING, sip: 487, reason: 'cancel' }),
  /** Our 200 was never acknowledged (RFC 3261 §13.3.1.4). */
  noAck: (): EndReason => ({ by: 'network', cause: CAUSE.TIMER_EXPIRY, sip: null, reason: 'no-ack' }),
  /** A caller that requires 100rel never acknowledged our 180 (RFC 3262 §3). */
  noPrack: (): EndReason => ({ by: 'network', cause: CAUSE.TIMER_EXPIRY, sip: 500, reason: 'no-prack' }),
  /** A hangup of the flow. */
  hangup: (cause: number): EndReason => ({ by: 'flow', cause, reason: 'hangup' }),
  /** The flow ended when what it wanted to say could not be played. */
  promptFailed: (cause: number): EndReason => ({ by: 'flow', cause, reason: 'prompt-failed' }),
  /** The flow ran to its end without a hangup widget. */
  flowComplete: (): EndReason => ({ by: 'flow', cause: CAUSE.NORMAL_CLEARING, reason: 'flow-complete' }),
  /** Our own bug; the log has it. */
  internalError: (): EndReason => ({ by: 'flow', cause: CAUSE.TEMPORARY_FAILURE, sip: 500, reason: 'internal-error' }),
  /** Maximum call length. */
  maxDuration: (): EndReason => ({ by: 'limit', cause: CAUSE.TIMER_EXPIRY, reason: 'max-duration' }),
  /** Nothing heard of the caller for too long. */
  mediaTimeout: (): EndReason => ({ by: 'network', cause: CAUSE.TEMPORARY_FAILURE, reason: 'media-timeout' }),
  /** The media engine lost the call: it could only be silent. */
  mediaFailed: (): EndReason => ({ by: 'network', cause: CAUSE.TEMPORARY_FAILURE, reason: 'media-failed' }),
  /** The answer to our offer has no audio we can use (late offer, RFC 3264). */
  noCommonCodec: (): EndReason => ({ by: 'network', cause: CAUSE.INCOMPATIBLE_DESTINATION, reason: 'no-common-codec' }),
  /** RFC 4028 §10; `cause` when a refresh of ours was answered that the call is gone. */
  sessionExpired: (cause: number | null): EndReason => ({
    by: 'network',
    cause: cause ?? CAUSE.TIMER_EXPIRY,
    reason: 'session-expired',
  }),
  signalingLost: (): EndReason => ({ by: 'network', cause: CAUSE.NETWORK_OUT_OF_ORDER, sip: null, reason: 'signaling-lost' }),
  /** The INVITE or dialog died for a reason of the network. */
  rejected: (status: number | null): EndReason => ({
    by: 'network',
    cause: status === null ? CAUSE.TEMPORARY_FAILURE : causeOfStatus(status),
    sip: status,
    reason: 'rejected',
  }),
  /** The process stops. */
  drain: (): EndReason => ({ by: 'drain', cause: CAUSE.TEMPORARY_FAILURE, sip: 503, reason: 'drain' }),
  /** Hung up through the API. */
  admin: (): EndReason => ({ by: 'admin', cause: CAUSE.NORMAL_CLEARING, reason: 'admin-hangup' }),
} as const;

/**
 * The Termination of an ending. A call with a final 2xx ends by BYE, so it has no SIP status (docs/behaviour.md#hangup-causes).
 */
export function terminationOf(ending: EndReason, unanswered: boolean): Termination {
  const { by, cause, reason } = ending;
  // Both end an INVITE, also one whose 200 was on its way.
  if (reason === 'cancel' || reason === 'no-prack') return { by, cause, sip: ending.sip ?? null, reason };
  if (!unanswered) return { by, cause, sip: null, reason };
  return { by, cause, sip: ending.sip === undefined ? statusOfCause(cause) : ending.sip, reason };
}

/** How one leg ended. */
export interface LegEnd extends Pick<Termination, 'cause' | 'sip' | 'reason'> {
  /** Its far end ended it. */
  readonly remote: boolean;
}

/** How a call's end ends the leg of its caller. */
export function callersLegEnd({ by, ...end }: Termination): LegEnd {
  return { ...end, remote: by === 'caller' };
}

/** How a leg that we dialled ends. One that is given up before its answer is cancelled: its INVITE ends with 487 (RFC 3261 §9.1). */
export function dialledLegEnd({ by, cause, reason, sip = null }: EndReason, unanswered: boolean): LegEnd {
  const status = by === 'network' ? sip : 487;
  return { cause, sip: unanswered ? status : null, reason, remote: by === 'caller' };
}

/** How an established dialog's end ends the call; null when we ended it ourselves. */
export function endReasonOfDialog(end: DialogEnd): EndReason | null {
  switch (end.by) {
    case 'remote':
      return END_REASONS.bye(end.cause);
    case 'no-ack':
      return END_REASONS.noAck();
    case 'session-expired':
      return END_REASONS.sessionExpired(end.cause);
    case 'signaling-lost':
      return END_REASONS.signalingLost();
    case 'local':
      return null;
  }
}

/** How an answer that failed ends the call. */
export function endReasonOfError(error: SignalingError): EndReason {
  switch (error.code) {
    case 'CANCELLED':
      return END_REASONS.cancel();
    case 'NO_ACK':
      return END_REASONS.noAck();
    case 'NO_PRACK':
      return END_REASONS.noPrack();
    case 'LOST':
      return END_REASONS.signalingLost();
    case 'GONE':
    case 'REJECTED':
    case 'TIMEOUT':
      return END_REASONS.rejected(error.status);
  }
}
