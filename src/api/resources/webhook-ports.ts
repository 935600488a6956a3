import type { Json, JsonObject } from '../../lib/json/json.js';
import type { Result } from '../../lib/result.js';
import type { Refusal } from '../../model/refusal.js';
import type { Egress } from '../../model/egress.js';
import type { ChangedWebhook, ShownWebhook } from '../../model/webhook.js';

/* What the API needs to show, change and test webhooks; `app/open-webhook-tools.ts` joins what fits it. */

/** A widget to test, with sample values. */
export interface WidgetToTest {
  readonly flow: string | null;
  readonly widget: string;
  readonly config: JsonObject | null;
  readonly variables: Readonly<Record<string, Json>>;
}

type Fields = Readonly<Record<string, unknown>>;

export interface ApiWebhooks {
  list(): Result<readonly ShownWebhook[], Refusal>;
  find(name: string): Result<ShownWebhook, Refusal>;
  add(fields: Fields): Promise<Result<ChangedWebhook, Refusal>>;
  /** @param version that was read, or null: whatever is there */
  change(name: string, fields: Fields, version: string | null): Promise<Result<ChangedWebhook, Refusal>>;
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
