import type { JsonObject } from '../lib/json/json.js';
import type { Problem } from '../lib/problem.js';

/* Integrations as they are stored and as they are shown. */

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

/** An integration as the API and the command line show it. */
export interface ShownIntegration {
  readonly id: string;
  readonly alias: string;
  readonly active: boolean;
  /** Complete; secrets by name, those that stand in it as `***`. */
  readonly integration: Readonly<Record<string, unknown>>;
  /** Changes with the integration; for `If-Match`. */
  readonly version: string;
  /** Wall-clock ms. */
  readonly createdAt: number;
  readonly changedAt: number;
  /** Number of flows that name it. */
  readonly flows: number;
}

/** A change that was made, with its warnings. */
export interface ChangedIntegration extends ShownIntegration {
  readonly warnings: readonly Problem[];
}

/** What a service sends into a chat (docs/behaviour.md#events-into-a-call). */
export type ChatInput =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'media'; readonly multimedia: { readonly url: string; readonly caption?: string | undefined } }
  | { readonly type: 'end' };
