import { MASK } from '../../lib/mask.js';
import type { Exchange, ExchangeResult } from '../../http/client.js';
import { bodyText } from '../../http/body-text.js';
import type { WatchedSecrets } from '../../webhooks/secrets/secrets.js';
import { readToken } from '../../webhooks/auth/token-answer.js';
import type { WireRequest } from '../../http/send-request.js';

/** A request as it went out, nothing secret in it. */
export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  /** In order. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string | null;
}

/** What came back. */
export interface SeenAnswer {
  readonly status: number | null;
  /** In order. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Text, at most {@link MAX_SHOWN} characters of it. */
  readonly body: string | null;
  /** The body is longer than what is shown. */
  readonly cut: boolean;
  /** Bytes of the whole body, its encoding undone. */
  readonly bytes: number;
  readonly ms: number;
  /** Why no whole answer came, or a redirect was not followed; null otherwise. */
  readonly problem: string | null;
}

/** One exchange: a try, a fallback, a redirect followed inside it; or the fetch of an access token. */
export interface SeenExchange {
  readonly purpose: 'request' | 'token';
  /** As sent, one for each redirect that was followed; empty when nothing was sent. */
  readonly requests: readonly SeenRequest[];
  readonly answer: SeenAnswer;
}

/** Longest body that is shown, characters. */
export const MAX_SHOWN = 65_536;

/** Headers that prove who sends, whether a flow, a credential or a signer set them. */
const PROOFS: ReadonlySet<string> = new Set([
  'authorization',
  'proxy-authorization',
  'cookie',
  'set-cookie',
  'webhook-signature',
  'x-webhook-auth-token',
  'x-offhook-resume-url',
]);

/** Whether the header of that name proves who somebody is, and is never shown. */
export function provesIdentity(name: string): boolean {
  return PROOFS.has(name.toLowerCase());
}

type ExchangeFunction = (exchange: Exchange & { readonly shownUrl: string }, signal?: AbortSignal) => Promise<ExchangeResult>;

/** Stands in front of the client for one test request and writes down what passes, secrets masked. */
export class ExchangeLog {
  readonly seen: SeenExchange[] = [];
  /** Of the last answer to a request; empty when it has none. */
  contentType = '';

  /** @param secrets knows every secret that is put into the requests of this log */
  constructor(private readonly secrets: WatchedSecrets) {}

  /** A client that does the same and is watched. */
  watch(client: { readonly exchange: ExchangeFunction }): { readonly exchange: ExchangeFunction } {
    return {
      exchange: async (exchange, signal) => {
        const hops: WireRequest[] = [];
        const result = await client.exchange({ ...exchange, onHop: (hop) => hops.push(hop) }, signal);
        const purpose = isTokenRequest(exchange) ? 'token' : 'request';
        if (purpose === 'token') this.#hideToken(result);
        else this.contentType = result.kind === 'response' ? result.headers.contentType() : '';
        this.seen.push({
          purpose,
          requests: hops.map((hop, index) => this.#request(hop, exchange, { first: index === 0, purpose })),
          answer: this.#answer(result, purpose),
        });
        return result;
      },
    };
  }

  #request(
    { method, url, headers, body }: WireRequest,
    { shownUrl, secretHeaders }: { readonly shownUrl: string; readonly secretHeaders: ReadonlySet<string> },
    { first, purpose }: { readonly first: boolean; readonly purpose: SeenExchange['purpose'] },
  ): SeenRequest {
    return {
      method,
      url: this.secrets.mask(first ? shownUrl : url.href),
      headers: headers.map(([name, value]) => [name, this.#header(name, value, secretHeaders)]),
      body: body === null ? null : purpose === 'token' ? MASK : this.secrets.mask(body),
    };
  }

  #header(name: string, value: string, secretHeaders: ReadonlySet<string>): string {
    const key = name.toLowerCase();
    if (!PROOFS.has(key) && !secretHeaders.has(key)) return this.secrets.mask(value);
    const scheme = key.endsWith('authorization') ? /^[A-Za-z]+ /u.exec(value)?.[0] : undefined;
    return `${scheme ?? ''}${MASK}`;
  }

  #answer(result: ExchangeResult, purpose: SeenExchange['purpose']): SeenAnswer {
    const { ms } = result;
    if (result.kind === 'failed') {
      return { status: null, headers: [], body: null, cut: false, bytes: 0, ms, problem: this.secrets.mask(result.detail) };
    }
    const text = result.body === null ? null : this.secrets.mask(bodyText(result.body, result.headers.contentType()));
    const none = new Set<string>();
    const headers = result.headers.lines().map(([name, value]) => [name, this.#header(name, value, none)] as const);
    return {
      status: result.status,
      headers,
      body: text === null || purpose === 'request' ? (text?.slice(0, MAX_SHOWN) ?? null) : MASK,
      cut: (text?.length ?? 0) > MAX_SHOWN,
      bytes: result.body?.length ?? 0,
      ms,
      problem:
        (result.problemDetail === undefined ? result.problem : `the answer ${result.problemDetail}`) ??
        (result.note === null ? null : this.secrets.mask(result.note)),
    };
  }

  /** Before the answer that holds it is shown, and the requests it goes into. */
  #hideToken(result: ExchangeResult): void {
    if (result.kind === 'failed') return;
    const read = readToken(result);
    if (read.ok) this.secrets.hide(read.value.token);
  }
}

/** RFC 6749 §4.4.2. */
function isTokenRequest({ method, body }: Exchange): boolean {
  return method === 'POST' && body !== null && /^(?:[^&]*&)*grant_type=client_credentials(?:&|$)/u.test(body.slice(0, 2000));
}
