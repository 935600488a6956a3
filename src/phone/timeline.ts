import type { CallTimes, PhoneEvent } from './types.js';

/** A {@link PhoneEvent} without its time. */
export type PhoneHappening = PhoneEvent extends infer E ? (E extends unknown ? Omit<E, 'atMs'> : never) : never;

/** What happened in a call, with times: ms since it was made, monotonic. */
export class Timeline {
  readonly events: PhoneEvent[] = [];
  readonly startedAt = Date.now();
  readonly #zero = performance.now();

  constructor(private readonly onEvent: (event: PhoneEvent) => void) {}

  now(): number {
    return performance.now() - this.#zero;
  }

  add(happening: PhoneHappening): void {
    const event = { atMs: this.now(), ...happening } as PhoneEvent;
    this.events.push(event);
    this.onEvent(event);
  }

  /** Times of what happened first. */
  times(): CallTimes {
    const first = (matches: (event: PhoneEvent) => boolean): number | null => this.events.find(matches)?.atMs ?? null;
    const response = (from: number, to: number): number | null =>
      first((event) => event.kind === 'response' && event.status >= from && event.status <= to);
    return {
      startedAt: this.startedAt,
      firstProvisional: response(100, 199),
      ringing: response(180, 180),
      answered: response(200, 299),
      acked: first((event) => event.kind === 'ack' && event.by === 'us'),
      firstPacket: first((event) => event.kind === 'first-packet'),
      ended: first((event) => event.kind === 'ended') ?? this.now(),
    };
  }
}
