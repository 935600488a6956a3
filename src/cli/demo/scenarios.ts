/** One kind of demo call. */
export interface Scenario {
  /** The number that is dialled. */
  readonly number: string;
  /** What the caller presses, as a digit script of the test phone. */
  readonly digits: string;
  /** How long the order API takes, ms. */
  readonly apiDelayMs: number;
  /** Say afterwards what was heard when. */
  readonly phases: boolean;
}

/** The order both callers ask for. */
export const ORDER = '1234';

/** `order`: keys, a lookup under hold music, the result. `wait`: a lookup so slow that the wait itself is to be heard. */
export const SCENARIOS = {
  order: { number: '100', digits: `~${ORDER}#`, apiDelayMs: 4000, phases: false },
  wait: { number: '200', digits: '', apiDelayMs: 20_000, phases: true },
} as const satisfies Readonly<Record<string, Scenario>>;

export type ScenarioName = keyof typeof SCENARIOS;
