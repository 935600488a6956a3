/**
 * The RTP ports of the engine: even ones of a range (RFC 3550 §11), handed out in turn, so that a port rests as long as possible
 * before the next call gets it and its late packets. The first one is any of them: after a restart, callers that were cut off
 * still send to the ports of their calls.
 */
export class PortPool {
  readonly #free: number[] = [];
  readonly #taken = new Set<number>();

  /**
   * @param range both ends are included; odd ones are left to RTCP
   * @param random where to begin, 0 ≤ x < 1
   */
  constructor(range: { readonly from: number; readonly to: number }, random: () => number = Math.random) {
    for (let port = range.from + (range.from % 2); port <= Math.min(range.to, 65_534); port += 2) this.#free.push(port);
    this.#free.push(...this.#free.splice(0, Math.floor(random() * this.#free.length)));
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
