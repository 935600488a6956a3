/**
 * The RTP ports of the engine: even ones of a range (RFC 3550 §11), handed out in turn, so that a port rests as long as possible
 * before the next call gets it and its late packets.
 */
export class PortPool {
  readonly #free: number[] = [];
  readonly #taken = new Set<number>();

  /** Both ends are included; odd ones are left to RTCP. */
  constructor(range: { readonly from: number; readonly to: number }) {
    for (let port = range.from + (range.from % 2); port <= Math.min(range.to, 65_534); port += 2) this.#free.push(port);
  }

  get free(): number {
    return this.#free.length;
  }

  /** A port, or null when all are taken. */
  take(): number | null {
    const port = this.#free.shift();
    if (port === undefined) return null;
    this.#taken.add(port);
    return port;
  }

  /** Gives a port back; once, however often it is called. */
  give(port: number): void {
    if (this.#taken.delete(port)) this.#free.push(port);
  }
}
