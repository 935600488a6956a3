import type { Json } from '../lib/json/json.js';
import { chatDelivery, type ChatEvent, type EventOwner, type VariableReader } from './event.js';
import type { IntegrationDocument } from './document.js';

/*
 * What the author of the service behind an integration needs to know (docs/behaviour.md#integration-details): what arrives, what
 * may be answered, and how to send events into a chat (docs/behaviour.md#events-into-a-call).
 */

/** A request as it would arrive, credentials aside. */
export interface SampleRequest {
  readonly event: ChatEvent['event'];
  readonly what: string;
  readonly method: string;
  readonly url: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Json;
  readonly curl: string;
}

export interface IntegrationDetails {
  readonly connections: readonly { readonly channel: 'voice'; readonly code: string }[];
  readonly endpoint: { readonly method: string; readonly url: string; readonly auth: string; readonly sign: string | null };
  readonly headers: IntegrationDocument['headers'];
  readonly params: IntegrationDocument['params'];
  readonly requests: readonly SampleRequest[];
  readonly answers: readonly { readonly status: string; readonly meaning: string }[];
  readonly tryOut: {
    readonly method: 'POST';
    readonly url: string;
    readonly bodies: readonly Json[];
    readonly curl: string;
    readonly answers: readonly { readonly status: string; readonly meaning: string }[];
  };
}

const SAMPLE = {
  callId: '3f2b8c1e-7a54-4c0d-9e61-5b8a2d4f6c10',
  contact: '15550100',
  at: Date.UTC(2026, 0, 31, 12),
  dueAt: 0,
  text: '',
  multimedia: null,
} as const;

const MULTIMEDIA = { url: 'https://ivr.example/recordings/message.wav', caption: 'message' };

const ANSWERS = [
  { status: '200–299', meaning: 'Taken. The body of the answer is not read.' },
  {
    status: '410',
    meaning: 'The endpoint is gone: nothing more is sent until the integration is started again or has another URL.',
  },
  { status: 'other, or none', meaning: 'Sent again later with the same webhook-id; what comes after it in the chat waits.' },
];

const TRY_OUT_ANSWERS = [
  { status: '202', meaning: 'Queued: heard after what was sent before.' },
  { status: '401', meaning: 'The token is missing or wrong.' },
  { status: '404', meaning: 'No such live call of this integration.' },
  { status: '409', meaning: 'The integration is not active, the call is not answered yet, or its end was asked for already.' },
  { status: '413', meaning: 'Too long.' },
  { status: '422', meaning: 'Not an event, or an address that may not be fetched.' },
  { status: '429', meaning: 'Too many events wait for this caller.' },
];

const TRY_OUT_BODIES: readonly Json[] = [
  { type: 'text', text: 'Your order is on its way.' },
  { type: 'media', multimedia: { url: 'https://shop.example/jingle.wav', caption: 'Jingle' } },
  { type: 'end' },
];

/** The page about an integration. `apiUrl`: what others reach our API by. */
export function integrationDetails(
  { id, document }: { readonly id: string; readonly document: IntegrationDocument },
  apiUrl: string,
): IntegrationDetails {
  const { method, url, auth, sign, headers, params, connections, start } = document;
  const chat = { ...SAMPLE, key: 'sample' };
  const samples: readonly (readonly [string, ChatEvent])[] = [
    ...(start ? [['A call begins.', { ...chat, event: 'START' }] as const] : []),
    ['The caller has keyed something in.', { ...chat, event: 'MESSAGE', text: '4711' }],
    ['The caller has left a message.', { ...chat, event: 'MESSAGE', multimedia: MULTIMEDIA }],
    ['The call is over; the last event of its chat.', { ...chat, event: 'END' }],
  ];
  const tryOutUrl = `${apiUrl}/v1/integrations/${id}/chats/${SAMPLE.callId}/events`;
  return {
    connections: connections.map((code) => ({ channel: 'voice', code })),
    endpoint: { method, url, auth: auth.type, sign },
    headers,
    params,
    requests: samples.map(([what, event]) => sampleRequest({ id, document }, what, event)),
    answers: ANSWERS,
    tryOut: {
      method: 'POST',
      url: tryOutUrl,
      bodies: TRY_OUT_BODIES,
      curl: curlOf('POST', tryOutUrl, [['Authorization', 'Bearer TOKEN']], JSON.stringify(TRY_OUT_BODIES[0])),
      answers: TRY_OUT_ANSWERS,
    },
  };
}

/** Variables have no value without a call: their names stand for them. */
const named: VariableReader = (name) => name;

function sampleRequest(
  owner: EventOwner & { readonly document: IntegrationDocument },
  what: string,
  event: ChatEvent,
): SampleRequest {
  const { method, url } = owner.document;
  const { id, shape, body } = chatDelivery(owner, event, named);
  const query = new URLSearchParams((shape?.query ?? []).map(([key, value]) => [key, value])).toString();
  const address = query === '' ? url : `${url}${url.includes('?') ? '&' : '?'}${query}`;
  const headers: [string, string][] = [
    ['idempotency-key', id],
    ['webhook-id', id],
    ['webhook-timestamp', String(Math.floor(event.at / 1000))],
    ...(method === 'GET' ? [] : [['content-type', 'application/json; charset=utf-8'] as [string, string]]),
    ...(shape?.headers ?? []).map(([key, value]): [string, string] => [key, value]),
  ];
  const text = method === 'GET' ? null : body;
  return {
    event: event.event,
    what,
    method,
    url: address,
    headers,
    body: text === null ? null : (JSON.parse(text) as Json),
    curl: curlOf(method, address, headers, text),
  };
}

function curlOf(method: string, url: string, headers: readonly (readonly [string, string])[], body: string | null): string {
  const words = ['curl', '-X', method, url, ...headers.flatMap(([key, value]) => ['-H', `${key}: ${value}`])];
  return (body === null ? words : [...words, '--data-raw', body]).map(quoted).join(' ');
}

/** A word as POSIX shells take it: in single quotes, unless it is plain. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/u.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
