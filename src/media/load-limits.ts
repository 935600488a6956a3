/** Beyond either of these, for some seconds in a row, a worker takes no new calls. */
export interface LoadLimits {
  readonly lateP99Ms: number;
  readonly cpuShare: number;
  /** A worker with fewer sessions than this is not what keeps the machine busy: refusing calls would not help. */
  readonly fromSessions: number;
}

/** From measurement: past these, one call more is heard by all of them. */
export const LOAD_LIMITS: LoadLimits = { lateP99Ms: 15, cpuShare: 0.75, fromSessions: 20 };
