import type { Hop, Listener } from '../message/hop.js';

/** Told of a peer that began TLS, which is not spoken here. */
export type OnTls = (source: string, listener: Listener) => void;

/** Told of every message that arrives, whole and framed. `end` says a stream cannot be read further behind it. */
export type OnBytes = (bytes: Buffer, from: Hop) => void;
