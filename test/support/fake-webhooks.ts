import { Aborted, sleep } from '../../src/lib/clock.js';
import type { WebhookPort } from '../../src/flow/ports.js';
import type { ErrorReason, SecretText, StatusType, WebhookAnswer, WebhookCall } from '../../src/model/webhook.js';
import type { Done } from '../../src/model/call-verbs.js';
import type { Json } from '../../src/lib/json/json.js';
import type { VirtualClock } from './virtual-clock.js';

/** What the scripted service does with a request. `afterMs` is virtual, 50 unless told. */
export interface ScriptedAnswer {
  readonly afterMs?: number;
  readonly status?: number;
  /** Sent as JSON text; `raw` sends text as it is. */
  readonly json?: Json;
  readonly raw?: string;
  /** No response at all, for this reason. */
  readonly fail?: ErrorReason;
}

/** Answers one request; `n` counts from 1. */
export type WebhookScript = (call: WebhookCall, n: number) => ScriptedAnswer;

/** Text with its secrets shown by name. */
export function shownText(text: SecretText): string {
  return text.map((part) => (typeof part === 'string' ? part : `$secret.${part.secret}`)).join('');
}

/** A service behind the webhook port, on the virtual clock. Mapping knows dotted paths, brackets and both roots on JSON. */
export class FakeWebhooks implements WebhookPort {
  readonly calls: WebhookCall[] = [];
  /** Calls that were sent without waiting. */
  readonly sent: WebhookCall[] = [];
  /** Calls whose answer nobody waited for any more. */
  readonly aborted: WebhookCall[] = [];

  constructor(
    private readonly clock: VirtualClock,
    private readonly script: WebhookScript,
  ) {}

  async request(call: WebhookCall, signal?: AbortSignal): Promise<WebhookAnswer> {
    this.calls.push(call);
    const scripted = this.script(call, this.calls.length);
    const afterMs = scripted.afterMs ?? 50;
    // A service that may answer later has so much more time; whether it said 202 first makes no difference to the caller.
    const timeoutMs = call.timeoutMs + (call.answerLaterMs ?? 0);
    const late = afterMs >= timeoutMs;
    try {
      await sleep(this.clock, late ? timeoutMs : afterMs, signal);
    } catch (error) {
      if (error instanceof Aborted) this.aborted.push(call);
      throw error;
    }
    return answerOf(call, late ? { fail: 'TIMEOUT' } : scripted, late ? timeoutMs : afterMs);
  }

  requestAside(call: WebhookCall): Promise<WebhookAnswer> {
    return this.request(call);
  }

  send(call: WebhookCall): Promise<Done> {
    this.sent.push(call);
    return Promise.resolve({ kind: 'done' });
  }
}

function answerOf(call: WebhookCall, scripted: ScriptedAnswer, ms: number): WebhookAnswer {
  const base = { duration: Math.round(ms / 10) / 100, url: shownText(call.url), attempts: 1 };
  const nothing = call.mapping.map(() => ({ found: false }) as const);
  if (scripted.fail !== undefined) {
    return { ...base, status: null, statusType: null, raw: null, reason: scripted.fail, detail: scripted.fail, mapped: nothing };
  }
  const status = scripted.status ?? 200;
  const raw = scripted.raw ?? (scripted.json === undefined ? null : JSON.stringify(scripted.json));
  const mapped = call.mapping.map((row) => {
    if ('status' in row) return { found: true, value: status } as const;
    const value = scripted.json === undefined || 'header' in row ? undefined : at(scripted.json, row.path, call.pathRoot);
    return value === undefined ? ({ found: false } as const) : ({ found: true, value } as const);
  });
  const statusType = statusTypeOf(status);
  const unmapped = call.mapping.some(({ required }, index) => required && mapped[index]?.found !== true);
  const reason: ErrorReason | null = statusType !== 'SUCCESSFUL' ? statusType : unmapped ? 'INVALID_RESPONSE_MAP' : null;
  return { ...base, status, statusType, raw, reason, detail: reason, mapped };
}

function statusTypeOf(status: number): StatusType {
  const types = ['INFORMATIONAL', 'SUCCESSFUL', 'REDIRECTION', 'CLIENT_ERROR', 'SERVER_ERROR'] as const;
  return types[Math.floor(status / 100) - 1] ?? 'SERVER_ERROR';
}

function at(document: Json, path: string, root: WebhookCall['pathRoot']): Json | undefined {
  const keys = path.match(/[^.[\]'"]+/g) ?? [];
  if (keys[0] === '$' || (root === 'data' && (keys[0] === 'data' || keys[0] === 'x'))) keys.shift();
  let value: Json | undefined = document;
  for (const key of keys) {
    value = typeof value === 'object' && value !== null ? (value as { readonly [key: string]: Json })[key] : undefined;
  }
  return value;
}
