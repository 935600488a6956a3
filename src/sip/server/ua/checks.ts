import { parseNameAddr, splitList, tokens } from '../message/headers.js';
import { header, headerLines, type SipHeader, type SipRequest } from '../message/message.js';
import { ALLOW, KNOWN_METHODS, SUPPORTED } from '../message/methods.js';
import type { Transport } from '../message/hop.js';
import { parseSipUri, schemeOf } from '../message/uri.js';

/** Why a request is refused before any application sees it. */
export interface RequestRefusal {
  readonly status: number;
  readonly reason?: string;
  readonly headers?: readonly SipHeader[];
}

/**
 * The inspection of a new request that is neither ACK nor CANCEL (RFC 3261 §8.2.1–8.2.3), in the order of the RFC.
 * @param by the transport it came by
 * @param routed an application asked for this method by name, so it is known whatever the RFCs say
 */
export function inspect(request: SipRequest, by: Transport, routed: boolean): RequestRefusal | null {
  if (!routed && !KNOWN_METHODS.has(request.method)) return { status: 501, headers: [{ name: 'Allow', value: ALLOW }] };
  return (
    inspectUri(request.uri, by) ??
    inspectMaxForwards(request) ??
    inspectRequire(request) ??
    inspectContact(request) ??
    (request.method === 'INVITE' ? inspectBody(request) : null)
  );
}

function inspectUri(uri: string, by: Transport): RequestRefusal | null {
  const scheme = schemeOf(uri);
  if (scheme === null) return { status: 400, reason: 'Malformed Request-URI' };
  if (scheme === 'tel') return null;
  // `sips:` asks for TLS, which never runs over UDP (RFC 5630 §5.1.1.1). By TCP it comes from the proxy that took the encryption
  // off: how the last hop is kept safe is for the policy of the site to say (RFC 3261 §26.2.2).
  if (scheme !== 'sip' && (scheme !== 'sips' || by === 'udp')) return { status: 416 };
  return parseSipUri(uri) === null ? { status: 400, reason: 'Malformed Request-URI' } : null;
}

/**
 * 0 means the request may not be carried on, and what comes to us is carried on: into the application (RFC 3261 §16.3 step 3).
 */
function inspectMaxForwards(request: SipRequest): RequestRefusal | null {
  const value = header(request, 'Max-Forwards');
  if (value === null) return null;
  if (!/^\d{1,10}$/.test(value) || Number(value) > 255) return { status: 400, reason: 'Bad Max-Forwards header' };
  return Number(value) === 0 && request.method !== 'OPTIONS' ? { status: 483 } : null;
}

function inspectRequire(request: SipRequest): RequestRefusal | null {
  const unknown = tokens(headerLines(request, 'Require')).filter((tag) => !SUPPORTED.has(tag.toLowerCase()));
  return unknown.length === 0 ? null : { status: 420, headers: [{ name: 'Unsupported', value: unknown.join(', ') }] };
}

/** A Contact is needed to send anything in the dialog; only an RFC 2543 peer, known by its branch, may leave it out (§8.1.1.8). */
function inspectContact(request: SipRequest): RequestRefusal | null {
  const lines = headerLines(request, 'Contact');
  if (lines.length === 0) {
    const modern = /branch\s*=\s*z9hG4bK/i.test(header(request, 'Via') ?? '');
    return request.method === 'INVITE' && modern ? { status: 400, reason: 'Missing Contact header' } : null;
  }
  const values = lines.flatMap((line) => splitList(line));
  const star = values.length === 1 && values[0] === '*' && request.method === 'REGISTER';
  const readable = star || values.every((value) => parseNameAddr(value) !== null);
  return readable ? null : { status: 400, reason: 'Bad Contact header' };
}

function inspectBody(request: SipRequest): RequestRefusal | null {
  if (request.body.length > 0) {
    const type = header(request, 'Content-Type');
    if (type === null) return { status: 400, reason: 'Missing Content-Type header' };
    const encoding = header(request, 'Content-Encoding');
    if (encoding !== null && !/^identity$/i.test(encoding)) {
      return { status: 415, headers: [{ name: 'Accept-Encoding', value: 'identity' }] };
    }
    const optional = /handling\s*=\s*optional/i.test(header(request, 'Content-Disposition') ?? '');
    if (!optional && !/^(?:application\/sdp|multipart\/[\w\-.+]+)\s*(?:;|$)/i.test(type)) {
      return { status: 415, headers: [{ name: 'Accept', value: 'application/sdp' }] };
    }
  }
  // RFC 3261 §20.1: without Accept everything is; with it, SDP must be, for that is all we answer with.
  const accepted = tokens(headerLines(request, 'Accept'));
  const sdp = accepted.length === 0 || accepted.some((range) => /^(?:\*\/\*|application\/(?:\*|sdp))\s*(?:;|$)/i.test(range));
  return sdp ? null : { status: 406 };
}
