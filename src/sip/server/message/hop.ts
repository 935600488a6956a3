export type Transport = 'udp' | 'tcp';

/** A socket we listen on, as really bound. */
export interface Listener {
  readonly transport: Transport;
  /** The address bound to, perhaps a wildcard. */
  readonly host: string;
  readonly port: number;
  readonly family: 4 | 6;
}

/** A stream to one peer. */
export interface Stream {
  readonly open: boolean;
  /** Queues bytes; `failed` is called, later, when they could not be handed to the network. */
  send(bytes: Buffer, failed: () => void): void;
}

/** Where a message came from, or goes to. */
export interface Hop {
  readonly transport: Transport;
  /** IP address, IPv6 without brackets. */
  readonly address: string;
  readonly port: number;
  /** The listener it came in on; for UDP also the one to answer from. Null: any that fits. */
  readonly listener: Listener | null;
  /** The stream it came in on; used again while it is open. */
  readonly connection: Stream | null;
}
