/** The party data of a leg, as the report wants it. */
export interface LegFacts {
  readonly leg: string;
  readonly direction: 'inbound' | 'outbound';
  /** The far party's number. */
  readonly callee: string;
  readonly did: string;
  readonly party: 'VISITOR' | 'AGENT' | 'HARD_PHONE';
}
