import type { Code } from '../lib/codes.js';
import type { Json, JsonObject } from '../lib/json/json.js';
import type { Problem } from '../lib/problem.js';
import type { Result } from '../lib/result.js';

/* What the API needs to show, change and test webhooks; `runtime` fits it by shape. */

/** Why something was not done. */
export interface Refused {
  readonly code: Code;
  readonly message: string;
  /** Place by place; often empty. */
  readonly problems: readonly Problem[];
}

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

/** How requests leave this machine (docs/behaviour.md#egress). */
export interface Egress {
  /** Proxy that everything goes through, or null. */
  readonly proxy: string | null;
  /** Local addresses that requests come from, as the services see them unless something translates them on the way. */
  readonly addresses: readonly string[];
}

type Fields = Readonly<Record<string, unknown>>;

export interface ApiWebhooks {
  list(): Result<readonly ShownConfigured[], Refused>;
  find(name: string): Result<ShownConfigured, Refused>;
  add(fields: Fields): Promise<Result<ChangedConfigured, Refused>>;
  /** @param version that was read, or null: whatever is there */
  change(name: string, fields: Fields, version: string | null): Promise<Result<ChangedConfigured, Refused>>;
  remove(name: string, version: string | null): Promise<Result<unknown, Refused>>;
  /** Those that answered 410 and are sent nothing, since when (wall-clock ms). */
  disabled(): Promise<readonly { readonly webhook: string; readonly at: number }[]>;
  /** Sends to it again; false when it was not disabled. */
  enable(name: string): Promise<boolean>;
  /** Switches the report of a flow on or off (docs/behaviour.md#report-switch). */
  report(flow: string, enabled: boolean): Promise<Result<{ readonly id: string; readonly webhook: boolean }, Refused>>;
  testWidget(test: WidgetToTest): Promise<Result<object, Refused>>;
  testReport(name: string): Promise<Result<object, Refused>>;
  /** A webhook widget from a curl command. */
  fromCurl(command: string): Result<object, Refused>;
  egress(host: string | null): Promise<Egress>;
}
