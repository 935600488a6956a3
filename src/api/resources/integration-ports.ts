import type { JsonObject } from '../../lib/json/json.js';
import type { Result } from '../../lib/result.js';
import type { ChangedIntegration, ChatInput, ShownIntegration } from '../../model/integration.js';
import type { Refusal } from '../../model/refusal.js';

/* What the API needs to show and change integrations, and to take their events; `integrations` fits it by shape. */

type Outcome<T> = Result<T, Refusal>;

export interface ApiIntegrations {
  list(): readonly ShownIntegration[];
  find(id: string): Outcome<ShownIntegration>;
  /** Adds one, not active. @param id null: made here */
  create(id: string | null, fields: JsonObject): Promise<Outcome<ChangedIntegration & { readonly token: string }>>;
  /** @param version that was read, or null: whatever is there */
  change(id: string, fields: JsonObject, version: string | null): Promise<Outcome<ChangedIntegration>>;
  /** @param force also while calls of it live or events wait. Answers how many of these were given up. */
  remove(id: string, force: boolean): Promise<Outcome<{ readonly id: string; readonly live: number; readonly waiting: number }>>;
  start(id: string): Promise<Outcome<ChangedIntegration>>;
  stop(id: string): Promise<Outcome<ChangedIntegration>>;
  /** Makes a new token. */
  rotate(id: string): Promise<Outcome<{ readonly id: string; readonly token: string }>>;
  /** Flows that name it; `since` is wall-clock ms. */
  flows(id: string): Outcome<readonly { readonly id: string; readonly name: string; readonly since: number }[]>;
  /** What the author of its service needs to know. */
  details(id: string): Outcome<object>;
  isToken(id: string, token: string): boolean;
  /** Queues an event for the caller; answers how many wait. */
  send(id: string, chatId: string, event: ChatInput): Outcome<{ readonly waiting: number }>;
}
