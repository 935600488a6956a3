import type { Clock } from '../../lib/clock.js';

/** When an endpoint counts as dead, and for how long; configuration data. */
export interface BreakerPolicy {
  /** Failures in a row that open the circuit; 0: never. */
  readonly failures: number;
  /** They count when none is older, ms. */
  readonly windowMs: number;
  /** How long nobody is sent there, ms; then one request probes. */
  readonly openMs: number;
  /** 5xx answers are failures too. */
  readonly serverErrors: boolean;
}

/** What a request that was let through says about its endpoint; `neither`: nothing. */
export type EndpointHealth = 'alive' | 'dead' | 'neither';

/** How a result changed the circuit. */
export type CircuitChange = 'opened' | 'closed' | 'none';

/** Origins remembered. One with nothing against it takes no place. */
const MAX_ORIGINS = 1000;

/** The state of one origin: closed with failures, open until `until`, or half open with a probe under way. */
type Circuit =
  | { readonly state: 'closed'; readonly failedAt: readonly number[] }
  | { readonly state: 'open'; readonly until: number }
  | { readonly state: 'probing' };

/**
 * Circuit breakers by origin. `failures` failures in a row within `windowMs` open a circuit: requests are refused at once for `openMs`,
 * then a single one goes through to probe; its success closes the circuit, its failure opens it again. Times are monotonic.
 */
export class CircuitBreakers {
  /** In order of use, for the bound. */
  readonly #circuits = new Map<string, Circuit>();

  constructor(
    private readonly policy: BreakerPolicy,
    private readonly clock: Clock,
  ) {}

  /** True while nobody is sent to this origin: for those who would otherwise wait in line for nothing. */
  refuses(origin: string): boolean {
    const circuit = this.#circuits.get(origin);
    if (circuit === undefined || circuit.state === 'closed') return false;
    return circuit.state === 'probing' || this.clock.monotonic() < circuit.until;
  }

  /** Whether a request may go to this origin now. One that may must be followed by {@link settle}. */
  admit(origin: string): 'yes' | 'probe' | 'no' {
    if (this.refuses(origin)) return 'no';
    if (this.#circuits.get(origin)?.state !== 'open') return 'yes';
    this.#keep(origin, { state: 'probing' });
    return 'probe';
  }

  /** Takes what a request came to. Only a probe moves a circuit that is not closed: the others were sent before it opened. */
  settle(origin: string, admitted: 'yes' | 'probe', verdict: EndpointHealth): CircuitChange {
    const circuit = this.#circuits.get(origin) ?? { state: 'closed', failedAt: [] };
    if (admitted === 'probe') return this.#settleProbe(origin, verdict);
    if (circuit.state !== 'closed' || verdict === 'neither') return 'none';
    if (verdict === 'alive') {
      this.#circuits.delete(origin);
      return 'none';
    }
    return this.#fail(origin, circuit.failedAt);
  }

  /** Origins that nobody is sent to now, or only a probe. */
  get open(): number {
    let open = 0;
    for (const { state } of this.#circuits.values()) if (state !== 'closed') open += 1;
    return open;
  }

  #settleProbe(origin: string, verdict: EndpointHealth): CircuitChange {
    if (verdict === 'alive') {
      this.#circuits.delete(origin);
      return 'closed';
    }
    // A probe that says nothing leaves the next request to probe.
    this.#keep(origin, { state: 'open', until: this.clock.monotonic() + (verdict === 'dead' ? this.policy.openMs : 0) });
    return 'none';
  }

  #fail(origin: string, failedAt: readonly number[]): CircuitChange {
    const { failures, windowMs, openMs } = this.policy;
    if (failures === 0) return 'none';
    const now = this.clock.monotonic();
    const recent = [...failedAt.filter((at) => now - at <= windowMs), now];
    const opens = recent.length >= failures;
    this.#keep(origin, opens ? { state: 'open', until: now + openMs } : { state: 'closed', failedAt: recent });
    return opens ? 'opened' : 'none';
  }

  /** The least recently used is forgotten, which only means that its failures are counted anew. */
  #keep(origin: string, circuit: Circuit): void {
    this.#circuits.delete(origin);
    this.#circuits.set(origin, circuit);
    const [oldest] = this.#circuits.keys();
    if (this.#circuits.size > MAX_ORIGINS && oldest !== undefined) this.#circuits.delete(oldest);
  }
}
