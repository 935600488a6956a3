import type { SeenIds } from './checks.js';

/** Ids kept; beyond that the oldest go, so that a flood cannot take the memory. */
const MAX_IDS = 100_000;

/** A replay cache in memory: ids for `keepMs`, which must be at least twice the window of freshness. */
export function seenIds(keepMs: number, max = MAX_IDS): SeenIds {
  // In the order of coming, which is the order of going.
  const until = new Map<string, number>();
  return {
    add(id, now) {
      for (const [old, end] of until) {
        if (end > now && until.size < max) break;
        until.delete(old);
      }
      if (until.has(id)) return false;
      until.set(id, now + keepMs);
      return true;
    },
  };
}
