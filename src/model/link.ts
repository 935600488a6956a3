/** A short link. Times are wall-clock ms. */
export interface ShortLink {
  readonly code: string;
  readonly url: string;
  readonly createdAt: number;
  /** Null: it works for ever. */
  readonly expiresAt: number | null;
  /** How often it was followed. */
  readonly visits: number;
  readonly visitedAt: number | null;
}

export type NewShortLink = Pick<ShortLink, 'code' | 'url' | 'createdAt' | 'expiresAt'>;
