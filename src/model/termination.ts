/**
 * How a call ended (docs/decisions/0011-one-signal-and-one-termination.md). The state of a call says where it is; its Termination says how it
 * ended, and there is exactly one. Everything that ends a call, whether caller, flow, network or crash, gives one of these. The first one
 * counts, and journal, report and metrics show it.
 *
 * @example
 * // The caller hung up in the menu.
 * const termination: Termination = { by: 'caller', cause: 16, sip: null, reason: 'bye' };
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
