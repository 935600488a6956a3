/** Why a message that would begin something is turned away before any application hears of it. */
export const SIP_REFUSALS = [
  /** A user agent known as a scanner; it gets no answer. */
  'scanner',
  /** The source is not on the allow-list. */
  'not-allowed',
  /** More INVITEs a second than one source may send. */
  'too-fast',
  /** No readable SIP message. */
  'malformed',
  /**
   * It fails an inspection of RFC 3261 §8.2: a header missing, an extension or a body nobody here understands; or of RFC 4028 §9.
   */
  'unacceptable',
  /** It came here twice, by two ways (RFC 3261 §8.2.2.2). */
  'loop',
  /** A method nobody here serves. */
  'method',
  'draining',
  /** Nobody to take it: not connected, or with too much to do. */
  'no-application',
] as const;

export type SipRefusal = (typeof SIP_REFUSALS)[number];

/** How many there were, repeats included. */
export type SipRefusals = Readonly<Record<SipRefusal, number>>;

/** Counts refusals. */
export class RefusalCounts {
  readonly #counts = noRefusals();

  count(reason: SipRefusal): void {
    this.#counts[reason]++;
  }

  /** As they are now. */
  all(): SipRefusals {
    return { ...this.#counts };
  }
}

/** Nothing counted yet. */
export function noRefusals(): Record<SipRefusal, number> {
  return Object.fromEntries(SIP_REFUSALS.map((reason) => [reason, 0])) as Record<SipRefusal, number>;
}

/** Several counts as one. */
export function sumOfRefusals(...all: readonly SipRefusals[]): SipRefusals {
  const sum = noRefusals();
  for (const counts of all) for (const reason of SIP_REFUSALS) sum[reason] += counts[reason];
  return sum;
}
