import type { Hop, Listener } from '../message/hop.js';

/** Called when a peer begins TLS, which this server does not speak. */
export type OnTls = (source: string, listener: Listener) => void;

/** Called with every message that arrives, whole and framed. `end`: the stream cannot be read beyond this message. */
export type OnBytes = (bytes: Buffer, from: Hop) => void;
