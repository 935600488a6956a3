/** Where a page ended: the next one begins after this row. Lists run from the newest to the oldest. */
export interface PageKey {
  /** Wall-clock ms the row is sorted by. */
  readonly at: number;
  readonly id: string;
}

/** Which page is asked for; `after` null: the first. */
export interface PageRequest {
  readonly limit: number;
  readonly after: PageKey | null;
}

/** A page of a list. */
export interface Page<T> {
  readonly items: readonly T[];
  /** Null on the last page. */
  readonly next: PageKey | null;
}
