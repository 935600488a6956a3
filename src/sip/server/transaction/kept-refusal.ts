import type { ResponseEnvelope } from '../message/envelope.js';
import type { SipTimers, WheelTimer } from './wheel.js';

/** The 481 of one place, kept while another place is asked: who answered may be a stranger that sits on the port behind a NAT. */
export class KeptRefusal {
  #response: ResponseEnvelope | null = null;
  #timer: WheelTimer | null = null;

  constructor(private readonly wheel: SipTimers) {}

  /** What was kept; null for nothing. */
  get response(): ResponseEnvelope | null {
    return this.#response;
  }

  /** Keeps it; `lapsed` gets it when the other place has said nothing for `ms` ms. */
  keep(response: ResponseEnvelope, ms: number, lapsed: (response: ResponseEnvelope) => void): void {
    this.#response = response;
    this.#timer = this.wheel.schedule(ms, () => lapsed(response));
  }

  /** The other place has answered, or the request is over. */
  forget(): void {
    this.wheel.cancel(this.#timer);
    this.#response = null;
  }
}
