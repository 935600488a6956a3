import type { RequestEnvelope } from '../message/envelope.js';
import type { Timers } from '../options.js';
import type { SipTimers, WheelTimer } from '../transaction/wheel.js';
import type { PendingRequest } from './pending.js';

/** A 2xx of ours whose ACK has not come. */
interface UnackedAnswer {
  readonly request: PendingRequest;
  readonly bytes: Buffer;
  interval: number;
  repeat: WheelTimer | null;
  giveUp: WheelTimer | null;
  /** What waits for the ACK; told whether the dialog ended meanwhile. */
  readonly held: ((ended: boolean) => void)[];
}

/**
 * Repeats each 2xx to an INVITE until its ACK comes, at T1 doubling up to T2, for 64·T1 (RFC 3261 §13.3.1.4). On every transport.
 */
export class UnackedAnswers {
  /** By Call-ID and our tag; more than one only when a re-INVITE comes before the ACK of the INVITE. */
  readonly #answers = new Map<string, UnackedAnswer[]>();

  /** @param hooks `onGiveUp`: the ACK never came and nothing was held for it */
  constructor(
    private readonly wheel: SipTimers,
    private readonly timers: Timers,
    private readonly hooks: { onRetransmit(): void; onGiveUp(request: PendingRequest): void },
  ) {}

  get size(): number {
    return this.#answers.size;
  }

  /** A 2xx was sent; `bytes` are it. */
  add(request: PendingRequest, bytes: Buffer): void {
    const answer: UnackedAnswer = { request, bytes, interval: this.timers.t1, repeat: null, giveUp: null, held: [] };
    answer.repeat = this.wheel.schedule(answer.interval, () => this.#repeat(answer));
    answer.giveUp = this.wheel.schedule(64 * this.timers.t1, () => this.#lapse(answer));
    const key = keyOf(answer);
    this.#answers.set(key, [...(this.#answers.get(key) ?? []), answer]);
  }

  /** Takes an ACK; the INVITE it acknowledges, or null for a repeated or unknown one. */
  acknowledge(ack: RequestEnvelope): PendingRequest | null {
    const answer = this.#answers
      .get(`${ack.callId}|${ack.toTag}`)
      ?.find(({ request: { transaction } }) => transaction.envelope.cseq.seq === ack.cseq.seq);
    if (answer?.request.transaction.envelope.fromTag !== ack.fromTag) return null;
    this.#drop(answer);
    for (const go of answer.held) go(false);
    return answer.request;
  }

  /**
   * Has `go` called when the ACK has come, is given up, or the dialog has ended (a BYE of ours may not overtake it, RFC 3261
   * §15); false when none is awaited.
   */
  hold(callId: string, localTag: string, go: (ended: boolean) => void): boolean {
    const last = this.#answers.get(`${callId}|${localTag}`)?.at(-1);
    last?.held.push(go);
    return last !== undefined;
  }

  /** The dialog has ended: nothing is repeated any more. */
  forget(callId: string, localTag: string): void {
    for (const answer of this.#answers.get(`${callId}|${localTag}`) ?? []) {
      this.#drop(answer);
      for (const go of answer.held) go(true);
    }
  }

  #repeat(answer: UnackedAnswer): void {
    this.hooks.onRetransmit();
    answer.request.transaction.machine.fire('2xx', undefined, answer.bytes);
    answer.interval = Math.min(answer.interval * 2, this.timers.t2);
    answer.repeat = this.wheel.schedule(answer.interval, () => this.#repeat(answer));
  }

  #lapse(answer: UnackedAnswer): void {
    this.#drop(answer);
    if (answer.held.length === 0) this.hooks.onGiveUp(answer.request);
    for (const go of answer.held) go(false);
  }

  #drop(answer: UnackedAnswer): void {
    this.wheel.cancel(answer.repeat);
    this.wheel.cancel(answer.giveUp);
    const key = keyOf(answer);
    const left = (this.#answers.get(key) ?? []).filter((other) => other !== answer);
    if (left.length === 0) this.#answers.delete(key);
    else this.#answers.set(key, left);
  }
}

function keyOf({ request }: UnackedAnswer): string {
  return `${request.transaction.envelope.callId}|${request.localTag}`;
}
