import type { RequestEnvelope } from './envelope.js';
import { EMPTY_BODY, header, headerLines, type SipHeader, type SipRequest, type SipResponse } from './message.js';
import { reasonPhrase } from './reason-phrases.js';
import { answerVias } from './response-route.js';

/** What distinguishes one answer from another. */
export interface ResponseFields {
  readonly status: number;
  readonly reason?: string;
  /** Tag of our side; goes into To unless the request had one there. Empty or left out: none, as in a 100. */
  readonly toTag?: string;
  /** The answer begins or carries on a dialog: Record-Route is copied (RFC 3261 §12.1.1). */
  readonly inDialog?: boolean;
  readonly headers?: readonly SipHeader[];
  readonly body?: Buffer;
}

/** Builds the answer to a request (RFC 3261 §8.2.6). */
export function composeAnswer(request: RequestEnvelope, answer: ResponseFields): SipResponse {
  const { message } = request;
  const headers: SipHeader[] = answerVias(request).map((value) => ({ name: 'Via', value }));
  if (answer.inDialog === true) {
    for (const value of headerLines(message, 'Record-Route')) headers.push({ name: 'Record-Route', value });
  }
  const to = header(message, 'To') ?? '';
  const tag = request.toTag === '' && answer.toTag !== undefined && answer.toTag !== '' ? `;tag=${answer.toTag}` : '';
  headers.push(
    { name: 'From', value: header(message, 'From') ?? '' },
    { name: 'To', value: to + tag },
    { name: 'Call-ID', value: request.callId },
    { name: 'CSeq', value: `${request.cseq.seq} ${request.cseq.method}` },
  );
  const timestamp = answer.status === 100 ? header(message, 'Timestamp') : null;
  if (timestamp !== null) headers.push({ name: 'Timestamp', value: timestamp });
  if (answer.headers !== undefined) headers.push(...answer.headers);
  return {
    kind: 'response',
    status: answer.status,
    reason: answer.reason ?? reasonPhrase(answer.status),
    headers,
    body: answer.body ?? EMPTY_BODY,
    // What is copied of the request goes back byte for byte.
    ...(message.latin1 && { latin1: true }),
  };
}

/** What a request of ours is made of. Values are complete header values. */
export interface RequestFields {
  readonly method: string;
  readonly uri: string;
  readonly via: string;
  readonly routes: readonly string[];
  readonly from: string;
  readonly to: string;
  readonly callId: string;
  readonly seq: number;
  readonly headers?: readonly SipHeader[];
  readonly body?: Buffer;
  /** From and To are of a peer whose messages are not UTF-8; see `SipRequest`. */
  readonly latin1?: boolean;
}

/** Builds a request (RFC 3261 §8.1.1). */
export function composeRequest(asking: RequestFields): SipRequest {
  const { method, uri } = asking;
  const headers: SipHeader[] = [{ name: 'Via', value: asking.via }];
  for (const value of asking.routes) headers.push({ name: 'Route', value });
  headers.push(
    { name: 'Max-Forwards', value: '70' },
    { name: 'From', value: asking.from },
    { name: 'To', value: asking.to },
    { name: 'Call-ID', value: asking.callId },
    { name: 'CSeq', value: `${asking.seq} ${method}` },
  );
  if (asking.headers !== undefined) headers.push(...asking.headers);
  return { kind: 'request', method, uri, headers, body: asking.body ?? EMPTY_BODY, ...(asking.latin1 && { latin1: true }) };
}

/**
 * CANCEL of a request (RFC 3261 §9.1): its top Via, Request-URI, Route and identity, nothing else but what the application adds.
 */
export function composeCancel(invite: SipRequest, added: readonly SipHeader[]): SipRequest {
  return likeInvite(invite, 'CANCEL', { to: header(invite, 'To') ?? '', headers: added });
}

/** ACK of a failure response (RFC 3261 §17.1.1.3): as the INVITE, with the To of the response. */
export function composeFailureAck(invite: SipRequest, response: SipResponse): SipRequest {
  return likeInvite(invite, 'ACK', { to: header(response, 'To') ?? header(invite, 'To') ?? '' });
}

function likeInvite(invite: SipRequest, method: string, own: Pick<RequestFields, 'to' | 'headers'>): SipRequest {
  const seq = Number.parseInt(header(invite, 'CSeq') ?? '0', 10);
  return composeRequest({
    method,
    uri: invite.uri,
    via: header(invite, 'Via') ?? '',
    routes: headerLines(invite, 'Route'),
    from: header(invite, 'From') ?? '',
    ...own,
    callId: header(invite, 'Call-ID') ?? '',
    seq,
    latin1: invite.latin1 === true,
  });
}
