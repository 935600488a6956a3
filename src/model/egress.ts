/** How requests leave this machine (docs/behaviour.md#egress). */
export interface Egress {
  /** Proxy that everything goes through, or null. */
  readonly proxy: string | null;
  /** Local addresses that requests come from, as the services see them unless something translates them on the way. */
  readonly addresses: readonly string[];
}
