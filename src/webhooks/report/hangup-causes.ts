/** Names of Q.850 causes as people know them (docs/behaviour.md#hangup-causes). */
const NAMES: Readonly<Record<number, string>> = {
  1: 'unallocated number',
  16: 'normal clearing',
  17: 'user busy',
  18: 'no user response',
  19: 'no answer',
  20: 'subscriber absent',
  21: 'call rejected',
  22: 'number changed',
  25: 'exchange routing error',
  27: 'destination out of order',
  28: 'invalid number format',
  31: 'normal, unspecified',
  34: 'no circuit available',
  38: 'network out of order',
  41: 'temporary failure',
  42: 'congestion',
  63: 'service unavailable',
  79: 'not implemented',
  88: 'incompatible destination',
  102: 'timer expiry',
  127: 'interworking',
};

/** The name of a Q.850 cause; `cause <n>` for one without. */
export function causeName(cause: number): string {
  return NAMES[cause] ?? `cause ${cause}`;
}
