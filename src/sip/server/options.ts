import type { SipRefusals } from './refusals.js';

/** One socket to listen on. */
export interface ListenAddress {
  readonly transport: 'udp' | 'tcp';
  /** IP address; `0.0.0.0` or `::` for every interface. */
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
}

/** Every duration of the server, ms. */
export interface Timers {
  /** Round-trip estimate (RFC 3261 §17.1.1.1). */
  readonly t1: number;
  /** Longest retransmission interval. */
  readonly t2: number;
  /** Longest life of a message in the network. */
  readonly t4: number;
  /** Longest wait for the application's first word on an INVITE. */
  readonly answer: number;
  /**
   * Longest wait for its final answer after its last provisional one, and for that of a far end we call (Timer C, RFC 3261
   * §16.6).
   */
  readonly ringing: number;
  /** Longest wait for its answer to any other request. */
  readonly request: number;
  /** Shortest session interval taken (RFC 4028 §4: 90 s). */
  readonly minSession: number;
  /** A TCP connection without traffic is closed after this. */
  readonly tcpIdle: number;
  /** Longest time for a message begun on a stream to be complete, and for a TCP connection we open. */
  readonly tcpPartial: number;
}

export const DEFAULT_TIMERS: Timers = {
  t1: 500,
  t2: 4_000,
  t4: 5_000,
  answer: 60_000,
  ringing: 190_000,
  request: 20_000,
  minSession: 90_000,
  tcpIdle: 600_000,
  tcpPartial: 15_000,
};

export interface SipServerOptions {
  readonly listen: readonly ListenAddress[];
  /** Address that Via and Contact name toward peers outside this machine's own networks (behind NAT). */
  readonly externalAddress?: string;
  /** What an application must present on the control port; at least 16 characters. */
  readonly secret: string;
  /** Where the control port listens; any free loopback port unless given. */
  readonly control?: { readonly host: string; readonly port: number };
  /** CIDR list; when not empty, INVITEs from elsewhere get 403 and everything else from there but responses is dropped. */
  readonly allowFrom?: readonly string[];
  /** New INVITEs a second from one address beyond which it gets 503; no limit unless given. */
  readonly maxInvitesPerSecond?: number;
  /**
   * Requests a second of all methods but INVITE, outside dialogs, from one address beyond which it gets 503, and nothing beyond twice
   * as many; no limit unless given.
   */
  readonly maxRequestsPerSecond?: number;
  /** OPTIONS gets 503 until `takeCalls`; false unless given. */
  readonly opensLater?: boolean;
  readonly timers?: Partial<Timers>;
  /** Requests inside dialogs go where Contact and Route say (RFC 3261), never back where the far end's own came from; false unless given. */
  readonly strictContact?: boolean;
  /** User-Agent and Server header; none unless given. */
  readonly userAgent?: string;
}

/** Counters and gauges. Gauges return to zero when nothing is going on. */
export interface SipServerStats {
  /** Messages read and written on SIP sockets. */
  readonly received: number;
  readonly sent: number;
  /** Messages sent again because nothing came back in time. */
  readonly retransmitted: number;
  /** What was turned away without an application, by reason. */
  readonly refusals: SipRefusals;
  /** Errors of our own that were caught; anything but 0 is a bug to report. */
  readonly faults: number;
  readonly transactions: number;
  readonly dialogs: number;
  readonly connections: number;
  readonly applications: number;
}

/** Why the server could not start. */
export interface StartProblem {
  readonly code: 'SIP_PORT_IN_USE' | 'SIP_ADDRESS_UNAVAILABLE' | 'SIP_START_FAILED' | 'SIP_OPTIONS_INVALID';
  readonly message: string;
}
