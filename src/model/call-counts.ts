/** Calls of a period. Times are wall-clock ms. */
export interface CallPeriod {
  readonly from: number;
  readonly to: number;
  readonly contact?: string;
  readonly flow?: string;
}

export interface CallCounts {
  readonly calls: number;
  readonly answered: number;
  readonly live: number;
  /** Talking time of the answered calls altogether, ms. */
  readonly talkMs: number;
  /** Number of calls by who ended them: caller, flow, network, … */
  readonly endedBy: Readonly<Record<string, number>>;
}
