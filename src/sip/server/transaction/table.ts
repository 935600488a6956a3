/**
 * The form of the four transaction tables (RFC 3261 §17, as amended by RFC 6026). A table says for each state and event which
 * state follows and what is done; an event that a state does not list is ignored there.
 */

/** What a transaction does. Each verb is carried out in `transaction.ts`. */
export type Action =
  /** Put the event's message on the wire and remember it. */
  | 'send'
  /** Put the event's message on the wire; it will not be repeated from here. */
  | 'send once'
  /** Put the remembered message on the wire again. */
  | 'resend'
  /** Hand the event's message to the owner. */
  | 'deliver'
  /** Acknowledge the event's failure response (RFC 3261 §17.1.1.3). */
  | 'ack'
  /** Tell the owner that nothing came in time. */
  | 'timeout'
  /** Tell the owner that the network refused the message. */
  | 'failed'
  /** Nothing is repeated any more; the remembered message is forgotten. */
  | 'stop repeating'
  | `repeat ${RepeatTimer}`
  | `wait ${WaitTimer}`;

/**
 * Retransmission timers: first T1, doubled each time; A without a cap, E and G up to T2, `E2` at T2 from the start (RFC 3261
 * §17.1.2.2).
 */
export type RepeatTimer = 'A' | 'E' | 'E2' | 'G';

/** Timers that end a state (RFC 3261 Table 4; L and M from RFC 6026). */
export type WaitTimer = 'B' | 'C' | 'D' | 'F' | 'H' | 'I' | 'J' | 'K' | 'L' | 'M';

export type Event =
  /** The first message of the transaction. */
  | 'start'
  /** The same request came again. */
  | 'request'
  | 'ack'
  | '1xx'
  | '2xx'
  /** 300 to 699 for INVITE, 200 to 699 for the others. */
  | 'final'
  /** The retransmission timer fired. */
  | 'repeat'
  /** The timer that ends the state fired. */
  | 'elapsed'
  /** The network refused to take a message. */
  | 'refused';

export interface Step<State extends string> {
  readonly to: State;
  readonly does: readonly Action[];
}

export type Table<State extends string> = {
  readonly [state in State]: { readonly [event in Event]?: Step<State> };
};
