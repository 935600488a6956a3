import type { WebhookPort } from '../../flow/ports.js';
import type { SecretText, WebhookAnswer, WebhookCall } from '../../model/webhook.js';
import { MASK } from '../../lib/mask.js';
import { provesIdentity } from './exchange-log.js';
import type { WatchedSecrets } from '../../webhooks/secrets/secrets.js';

/** Nobody holds the line: a test waits no longer for an answer that is to come later, ms. */
const MAX_LATER_MS = 60_000;

/** The port of a call, with what went through it kept. */
export class RecordedPort implements WebhookPort {
  /** The last request, as the widget made it, and its answer. */
  call: WebhookCall | null = null;
  answer: WebhookAnswer | null = null;
  readonly #pending = new Set<Promise<WebhookAnswer>>();

  /** @param secrets learns the credentials that the flow has in plain text, so that they are masked too */
  constructor(
    private readonly port: WebhookPort,
    private readonly secrets: Pick<WatchedSecrets, 'hide'>,
  ) {}

  request(call: WebhookCall, signal: AbortSignal): Promise<WebhookAnswer> {
    return this.#kept(call, (bounded) => this.port.request(bounded, signal));
  }

  async send(call: WebhookCall): Promise<{ readonly kind: 'done' }> {
    void this.requestAside(call).catch(() => undefined);
    return Promise.resolve({ kind: 'done' });
  }

  requestAside(call: WebhookCall): Promise<WebhookAnswer> {
    const answer = this.#kept(call, (bounded) => this.port.requestAside(bounded));
    this.#pending.add(answer);
    return answer;
  }

  /** Resolves when nothing that was sent aside is under way. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#pending);
  }

  async #kept(call: WebhookCall, ask: (call: WebhookCall) => Promise<WebhookAnswer>): Promise<WebhookAnswer> {
    this.call = call;
    for (const text of literals(call)) this.secrets.hide(text);
    const { answerLaterMs: later } = call;
    const answer = await ask(later === undefined ? call : { ...call, answerLaterMs: Math.min(later, MAX_LATER_MS) });
    this.answer = withoutProofs(answer, call);
    return this.answer;
  }
}

/** A test shows all that a widget sets: what proves an identity in a header of the answer, such as a cookie, is hidden there too. */
function withoutProofs(answer: WebhookAnswer, { mapping }: WebhookCall): WebhookAnswer {
  const mapped = answer.mapped.map((found, index) => {
    const row = mapping[index];
    const hidden = found.found && row !== undefined && 'header' in row && provesIdentity(row.header);
    return hidden ? { ...found, value: MASK } : found;
  });
  return { ...answer, mapped };
}

/** Credentials of the request that do not stand in it by name. */
function literals({ auth }: WebhookCall): readonly string[] {
  const texts = ((): readonly SecretText[] => {
    switch (auth.type) {
      case 'basic':
        return [auth.password];
      case 'bearer':
        return [auth.token];
      case 'apiKey':
        return [auth.value];
      case 'oauth2':
        return [auth.clientSecret];
      case 'none':
      case 'credential':
        return [];
    }
  })();
  return texts.flatMap((parts) => (parts.every((part) => typeof part === 'string') ? [parts.join('')] : []));
}
