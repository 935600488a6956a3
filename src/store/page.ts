import type { Page, PageKey } from '../model/page.js';

/** The page of a list from its rows, of which there is one more than `limit` when another page follows. */
export function toPage<R, T>(rows: readonly R[], limit: number, key: (row: R) => PageKey, map: (row: R) => T): Page<T> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return { items: shown.map(map), next: rows.length > limit && last !== undefined ? key(last) : null };
}
