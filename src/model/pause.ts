/** A number that takes no calls for the time being (docs/behaviour.md#paused-numbers). Times are wall-clock ms. */
export interface Pause {
  readonly cli: string;
  readonly reason: string | null;
  readonly since: number;
}
