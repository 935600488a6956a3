import {
  type AnswerOf,
  CALL,
  FUNCTION,
  type MaskedOperation,
  type Operation,
  type RequestOf,
  WEBHOOK,
} from '../../model/operations.js';
import { isBranch, isNumber, type Json } from '../../lib/json/json.js';
import { MASK } from '../../lib/mask.js';
import type { FunctionAnswer, FunctionCall } from '../../model/function.js';
import type { SecretText, WebhookAnswer, WebhookAuth, WebhookCall } from '../../model/webhook.js';
import type {
  AnnounceRequest,
  CollectAnswer,
  CollectLeft,
  CollectRequest,
  MusicRequest,
  PlayRequest,
} from '../../model/call-verbs.js';
import type { Segment } from '../../model/segment.js';

/*
 * What the journal shows of requests and answers: everything but secrets and masked digits
 * (docs/decisions/0014-secrets-by-name.md).
 */

/** Longest request body shown; the answer is kept whole, replay needs it. */
const MAX_BODY_SHOWN = 16_384;

/** Masked values with fewer digits are not searched for in other text: a PIN of two would blot out half the journal. */
const MIN_DIGITS_SEARCHED = 4;

/** An answer or request of a port as JSON. Ports promise plain data (see `ports.ts`). */
export function asJson(value: object | null | undefined): Json {
  return plain(value);
}

function plain(value: unknown): Json {
  return (value ?? null) as Json;
}

function shownSegment(segment: Segment): Json {
  // That it is refused is said by the answer; a replay knows no site that allows it.
  if (segment.kind === 'url') return { kind: segment.kind, url: segment.url };
  return asJson(segment.kind === 'say' && segment.private === true ? { ...segment, text: MASK } : segment);
}

function shownSegments(segments: readonly Segment[]): Json {
  return segments.map(shownSegment);
}

/** A play or an announcement as the journal shows it: private segments hidden. */
export function shownPlay(request: PlayRequest | AnnounceRequest): Json {
  return { ...request, segments: shownSegments(request.segments) };
}

/** Music as the journal shows it: private segments of a repeated prompt hidden. */
export function shownMusic(request: MusicRequest): Json {
  const { source } = request;
  if (source === 'default') return { ...request, source };
  return { ...request, source: 'kind' in source ? shownSegment(source) : shownSegments(source) };
}

/** A collect as the journal shows it: private segments hidden. */
export function shownCollect(request: CollectRequest): Json {
  return { ...request, prompt: shownSegments(request.prompt) };
}

/** Digits and keys of a masked collect, without their number. */
export function shownCollectAnswer(answer: CollectAnswer | CollectLeft, mask: boolean): Json {
  if (!mask || answer.kind === 'failed' || answer.kind === 'noInput') return asJson(answer);
  const keys = answer.keys.slice(0, 1).map(({ at }) => ({ key: MASK, at }));
  return asJson({ ...answer, digits: MASK, keys });
}

/** Text with its secrets by name. */
function named(text: SecretText): string {
  return text.map((part) => (typeof part === 'string' ? part : `$secret.${part.secret}`)).join('');
}

/** A credential: secrets by name, anything else hidden. */
function credential(text: SecretText): string {
  return text.map((part) => (typeof part === 'string' ? MASK : `$secret.${part.secret}`)).join('');
}

const CREDENTIAL_HEADER = /authorization|cookie|token|secret|password|api[-_]?key/i;

/** Scheme and host, the rest hidden. */
function onlyOrigin(url: string): string {
  return `${/^[a-z]+:\/\/[^/?#@]*(?=[/?#]|$)/i.exec(url)?.[0] ?? ''}/${MASK}`;
}

/** Credentials with their secrets by name; what is secret by nature and written out is hidden. */
function shownAuth(auth: WebhookAuth, masked: boolean): Json {
  const open = (text: SecretText): string => (masked ? MASK : named(text));
  switch (auth.type) {
    case 'none':
    case 'credential':
      return { ...auth };
    case 'basic':
      return { ...auth, username: open(auth.username), password: credential(auth.password) };
    case 'bearer':
      return { ...auth, token: credential(auth.token) };
    case 'apiKey':
      return { ...auth, value: credential(auth.value) };
    case 'oauth2': {
      const tokenUrl = masked ? onlyOrigin(named(auth.tokenUrl)) : named(auth.tokenUrl);
      const asked = (value: string | null): string | null => (masked && value !== null ? MASK : value);
      return {
        ...auth,
        tokenUrl,
        clientId: open(auth.clientId),
        clientSecret: credential(auth.clientSecret),
        scope: asked(auth.scope),
        audience: asked(auth.audience),
      };
    }
  }
}

/** A request as the journal shows it: secrets by name, everything made of masked values hidden. */
export function shownWebhook(call: WebhookCall): Json {
  const masked = call.masked ?? false;
  const row = ({ key, value }: { readonly key: string; readonly value: SecretText }) => ({
    key,
    value: masked ? MASK : CREDENTIAL_HEADER.test(key) ? credential(value) : named(value),
  });
  const { auth, body, fallbackUrl, idempotencyKey } = call;
  const address = (url: SecretText): string => (masked ? onlyOrigin(named(url)) : named(url));
  return asJson({
    ...call,
    url: address(call.url),
    headers: call.headers.map(row),
    query: call.query.map(row),
    auth: shownAuth(auth, masked),
    ...(fallbackUrl && { fallbackUrl: address(fallbackUrl) }),
    ...(idempotencyKey && { idempotencyKey: masked ? MASK : idempotencyKey }),
    body: body === null ? null : { ...body, text: masked ? MASK : body.text.slice(0, MAX_BODY_SHOWN) },
    // Said by the answer; a replay knows no site that allows it.
    refused: undefined,
  });
}

/** A function call as the journal shows it: without the keys' values when one of them is masked. */
export function shownFunction(call: FunctionCall): Json {
  return asJson(call.masked === true ? { ...call, keys: call.keys.map(({ name }) => ({ name, value: MASK })) } : call);
}

/**
 * An answer as everything that is kept shows it. What was read out of it stays, replay needs it; the body of an answer to masked values is
 * hidden like the variable `response_raw` that holds it, and so is a sentence about it, which may quote it.
 */
export function shownWebhookAnswer(answer: WebhookAnswer, call: Pick<WebhookCall, 'masked'>): Json {
  return asJson(call.masked === true ? hiddenAnswer(answer) : answer);
}

/** The same of a function. */
export function shownFunctionAnswer(answer: FunctionAnswer, call: Pick<FunctionCall, 'masked'>): Json {
  return asJson(call.masked === true ? hiddenAnswer(answer) : answer);
}

/** How the journal shows the operations that it does not show as they are: one entry for each that is declared so. */
const SHOWN: {
  readonly [O in MaskedOperation as O['name']]: {
    readonly request: (request: RequestOf<O>) => Json;
    /** Absent: as it is. */
    readonly answer?: (answer: AnswerOf<O>, request: RequestOf<O>) => Json;
  };
} = {
  [CALL.play.name]: { request: shownPlay },
  [CALL.collect.name]: { request: shownCollect, answer: (answer, { mask }) => shownCollectAnswer(answer, mask) },
  [CALL.startMusic.name]: { request: shownMusic },
  [CALL.announce.name]: { request: shownPlay },
  [WEBHOOK.request.name]: { request: shownWebhook, answer: shownWebhookAnswer },
  [WEBHOOK.send.name]: { request: shownWebhook },
  [WEBHOOK.requestAside.name]: { request: shownWebhook, answer: shownWebhookAnswer },
  [FUNCTION.call.name]: { request: shownFunction, answer: shownFunctionAnswer },
  [FUNCTION.send.name]: { request: shownFunction },
};

interface Shown<R, A> {
  readonly request: (request: R) => Json;
  readonly answer?: (answer: A, request: R) => Json;
}

function shownBy<R, A>({ name }: Operation<string, R, A>): Shown<R, A> | undefined {
  // The table has under each name what its operation asks and answers.
  return (SHOWN as Readonly<Record<string, unknown>>)[name] as Shown<R, A> | undefined;
}

/** A request as the journal shows it. */
export function shownRequest<R, A>(operation: Operation<string, R, A>, request: R): Json {
  return shownBy(operation)?.request(request) ?? plain(request);
}

/** An answer as the journal shows it. */
export function shownAnswer<R, A>(operation: Operation<string, R, A>, answer: A, request: R): Json {
  return shownBy(operation)?.answer?.(answer, request) ?? plain(answer);
}

/** An answer without its body, a sentence about that, and the path of its address. */
export function hiddenAnswer<A extends HidableAnswer>(answer: A): A {
  const { raw, detail, url } = answer;
  const body = raw === null ? { raw, detail } : { raw: MASK, detail: detail === null ? null : MASK };
  return { ...answer, ...body, url: url === '' ? url : onlyOrigin(url) };
}

type HidableAnswer = Pick<WebhookAnswer, 'raw' | 'detail' | 'url'>;

function searchedFor(masked: readonly string[]): readonly string[] {
  return masked.filter((text) => text.replace(/\D/g, '').length >= MIN_DIGITS_SEARCHED);
}

/** Hides masked values wherever they turn up, e.g. echoed by a webhook. Returns the value itself when nothing is to hide. */
export function redact(value: Json, masked: readonly string[]): Json {
  const searched = searchedFor(masked);
  if (searched.length === 0) return value;
  const hide = (part: Json): Json => {
    if (typeof part === 'string') return searched.reduce((text, secret) => text.replaceAll(secret, MASK), part);
    if (isNumber(part)) return searched.includes(String(part)) ? MASK : part;
    if (!isBranch(part)) return part;
    if (Array.isArray(part)) return part.map(hide);
    return Object.fromEntries(Object.entries(part).map(([key, child]: [string, Json]) => [key, hide(child)]));
  };
  return hide(value);
}

/** The same for one text. */
export function redactText(text: string, masked: readonly string[]): string {
  return searchedFor(masked).reduce((shown, secret) => shown.replaceAll(secret, MASK), text);
}

/** An error as journal and log may show it. */
export function shownError(error: unknown, masked: readonly string[]): { readonly error: string; readonly stack: string } {
  const { message, stack } = error instanceof Error ? error : { message: String(error), stack: undefined };
  return { error: redactText(message, masked), stack: redactText(stack ?? message, masked) };
}
