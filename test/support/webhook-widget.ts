import type { WebhookAnswer, WebhookCall } from '../../src/model/webhook.js';
import type { Json } from '../../src/lib/json/json.js';
import { webhook } from '../../src/widgets/webhook/webhook.js';
import { FakeWidget, type Script } from './fake-widget-context.js';
import { webhookAnswer } from './webhook-calls.js';

/** The address of a webhook that names none. */
export const SERVICE = 'https://api.example/orders';

/** One run of a webhook widget, and what it left. */
export interface RanWebhook {
  readonly exit: string;
  readonly widget: FakeWidget;
  /** The request as the webhook port got it; undefined when none was made. */
  readonly call: WebhookCall;
  /** A `$flow.key` variable. */
  readonly value: (name: string) => Json | undefined;
}

/** The world of a run. */
export interface WebhookSetting {
  readonly answer?: Partial<WebhookAnswer>;
  readonly wired?: readonly string[];
  /** `$flow.key.*` before the run. */
  readonly values?: Readonly<Record<string, Json>>;
  readonly masked?: Readonly<Record<string, Json>>;
  /** Variables by full name. */
  readonly variables?: Readonly<Record<string, Json>>;
  readonly script?: Script;
}

/** Runs a webhook widget over fake ports. */
export async function runWebhook(config: object, setting: WebhookSetting = {}): Promise<RanWebhook> {
  const widget = new FakeWidget({ ...setting.script, webhook: [webhookAnswer(setting.answer)] });
  for (const [name, value] of Object.entries(setting.values ?? {})) widget.vars.set(`$flow.key.${name}`, value);
  for (const [name, value] of Object.entries(setting.masked ?? {})) widget.vars.set(`$flow.key.${name}`, value, { masked: true });
  for (const [name, value] of Object.entries(setting.variables ?? {})) widget.vars.set(name, value);
  const wired = setting.wired ?? ['success', 'failed'];
  const exit = await webhook.run(webhook.config.parse({ url: SERVICE, ...config }), { ...widget.context, wired });
  const [call] = ['webhook', 'send', 'requestAside'].flatMap((op) => widget.of(op)) as WebhookCall[];
  return { exit, widget, call: call as WebhookCall, value: (name) => widget.vars.get(`$flow.key.${name}`) };
}
