import type { Json, JsonObject } from '../../lib/json/json.js';
import type { Problem } from '../../lib/problem.js';
import type { Result } from '../../lib/result.js';
import type { Refusal } from '../../model/refusal.js';
import type { Egress } from '../../model/egress.js';

/* What the API needs to show, change and test webhooks; `runtime` fits it by shape. */

/** A configured webhook, secrets by name. */
export interface ShownConfigured {
  readonly name: string;
  readonly webhook: Readonly<Record<string, unknown>>;
  /** Changes with the webhook; for `If-Match`. */
  readonly version: string;
}

export interface ChangedConfigured extends ShownConfigured {
  readonly warnings: readonly Problem[];
}

/** A widget to test, with sample values. */
export interface WidgetToTest {
  readonly flow: string | null;
  readonly widget: string;
  readonly config: JsonObject | null;
  readonly variables: Readonly<Record<string, Json>>;
}

type Fields = Readonly<Record<string, unknown>>;

export interface ApiWebhooks {
  list(): Result<readonly ShownConfigured[], Refusal>;
  find(name: string): Result<ShownConfigured, Refusal>;
  add(fields: Fields): Promise<Result<ChangedConfigured, Refusal>>;
  /** @param version that was read, or null: whatever is there */
  change(name: string, fields: Fields, version: string | null): Promise<Result<ChangedConfigured, Refusal>>;
  remove(name: string, version: string | null): Promise<Result<unknown, Refusal>>;
  /** Those that answered 410 and are sent nothing, since when (wall-clock ms). */
  disabled(): Promise<readonly { readonly webhook: string; readonly at: number }[]>;
  /** Sends to it again; false when it was not disabled. */
  enable(name: string): Promise<boolean>;
  /** Switches the report of a flow on or off (docs/behaviour.md#report-switch). */
  report(flow: string, enabled: boolean): Promise<Result<{ readonly id: string; readonly webhook: boolean }, Refusal>>;
  testWidget(test: WidgetToTest): Promise<Result<object, Refusal>>;
  testReport(name: string): Promise<Result<object, Refusal>>;
  /** A webhook widget from a curl command. */
  fromCurl(command: string): Result<object, Refusal>;
  egress(host: string | null): Promise<Egress>;
}
