import type { JsonObject } from '../lib/json/json.js';

/* Integrations as they are kept. */

/** An integration as it is kept. */
export interface StoredIntegration {
  readonly id: string;
  /** As it was given, secrets by name; `document.ts` reads it. */
  readonly document: JsonObject;
  readonly active: boolean;
  /** SHA-256 of its token, hex; the token itself is shown once and kept nowhere. */
  readonly tokenHash: string;
  /** Wall-clock ms. */
  readonly createdAt: number;
  readonly changedAt: number;
}

/** A flow that names an integration (docs/behaviour.md#linked-flows). */
export interface FlowLink {
  readonly integration: string;
  readonly flow: string;
  /** When it was first seen to do so, wall-clock ms. */
  readonly since: number;
}

/** An integration that is to be deleted. */
export interface Removal {
  readonly id: string;
  /** Name of the target that its deliveries go to. */
  readonly target: string;
  /** Null: only when nothing is left. Else it goes whatever is left, and what waits is dead of this cause. */
  readonly giveUp: string | null;
}

/** What an integration has not told yet. */
export interface Unfinished {
  /** Calls of it without an end. */
  readonly live: number;
  /** Deliveries that are pending. */
  readonly waiting: number;
}
