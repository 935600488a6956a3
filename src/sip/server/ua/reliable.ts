import { header } from '../message/message.js';
import type { RequestEnvelope } from '../message/envelope.js';
import type { Timers } from '../options.js';
import type { SipTimers, WheelTimer } from '../transaction/wheel.js';

/** A reliable provisional answer (RFC 3262 §3): repeated until its PRACK comes, from T1 doubling, for 64·T1. */
export class ReliableProvisional {
  #repeat: WheelTimer | null = null;
  #giveUp: WheelTimer | null;
  #interval: number;

  /**
   * @param rseq its number; the next one counts on from it
   * @param forApp the application asked for it and gets the PRACK; otherwise the far end required it and the server answers the PRACK
   */
  constructor(
    readonly rseq: number,
    readonly forApp: boolean,
    private readonly env: { wheel: SipTimers; timers: Timers },
    private readonly hooks: { resend(): void; giveUp(): void },
  ) {
    this.#interval = env.timers.t1;
    this.#giveUp = env.wheel.schedule(this.patience, () => {
      this.stop();
      hooks.giveUp();
    });
    this.#arm();
  }

  /** Still waiting for its PRACK. */
  get waiting(): boolean {
    return this.#giveUp !== null;
  }

  /** Whether a PRACK names it and the INVITE it belongs to (RFC 3262 §3, RAck §7.2). */
  matches(prack: RequestEnvelope, inviteSeq: number): boolean {
    const [, rseq, seq, method] = /^(\d{1,10})\s+(\d{1,10})\s+(\S+)$/.exec(header(prack.message, 'RAck') ?? '') ?? [];
    return this.waiting && Number(rseq) === this.rseq && Number(seq) === inviteSeq && method === 'INVITE';
  }

  /** How long it is repeated, ms: 64·T1. */
  get patience(): number {
    return 64 * this.env.timers.t1;
  }

  stop(): void {
    this.env.wheel.cancel(this.#repeat);
    this.env.wheel.cancel(this.#giveUp);
    this.#giveUp = null;
  }

  #arm(): void {
    this.#repeat = this.env.wheel.schedule(this.#interval, () => {
      this.hooks.resend();
      this.#interval *= 2;
      this.#arm();
    });
  }
}
