/**
 * How a call ended; exactly one per call. State says where a call is, this says how it ended
 * (docs/decisions/0011-one-signal-and-one-termination.md).
 */
export interface Termination {
  /** Who or what ended it. */
  readonly by: 'caller' | 'flow' | 'network' | 'admin' | 'limit' | 'drain' | 'crash';
  /** Q.850 cause (docs/behaviour.md#hangup-causes). */
  readonly cause: number;
  /** Final SIP status of a call that was never answered; null when it ended by BYE or when nothing could be sent any more. */
  readonly sip: number | null;
  /** Stable short reason, e.g. `bye`, `cancel`, `no-ack`, `media-timeout`, `max-duration`, `interrupted`. */
  readonly reason: string;
}
