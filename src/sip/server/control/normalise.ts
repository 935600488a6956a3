import type { Envelope } from '../message/envelope.js';
import { formatNameAddr, parseNameAddr, splitList, type NameAddr } from '../message/headers.js';
import { startLine, type SipHeader } from '../message/message.js';
import { answerVias } from '../message/response-route.js';

/** Longest display name handed on, characters. */
const MAX_DISPLAY = 128;
const MAX_CONTACTS = 10;
/** Names that would mean something else to a reader that keeps headers in a plain object or decodes percent signs. */
const UNSAFE_NAME = /%|^(?:__proto__|constructor|prototype)$/i;
const CONTROL = /[\0-\x08\n-\x1F\x7F]/;
const CONTROLS = /[\0-\x08\n-\x1F\x7F]/g;

/**
 * A message as the application gets it: one header a line under its long name, From, To, Contact and CSeq in their plainest form,
 * nothing oversized, no control characters. Whatever the network sends, the application's parser meets only what it can read.
 */
export function normalise(envelope: Envelope): Buffer {
  const { message } = envelope;
  let head = normalStartLine(envelope);
  const vias = message.kind === 'request' ? answerVias(envelope as Envelope<typeof message>) : envelope.viaValues;
  for (const value of vias) head += `Via: ${clean(value)}\r\n`;
  head += `From: ${plain(envelope.from)}\r\nTo: ${plain(envelope.to)}\r\n`;
  head += `Call-ID: ${clean(envelope.callId)}\r\nCSeq: ${envelope.cseq.seq} ${envelope.cseq.method}\r\n`;
  // An INVITE of RFC 2543 times may lack a Contact; its From is the best that is known (§8.1.1.8 has it mandatory).
  const fallback = message.kind === 'request' && message.method === 'INVITE' ? `<${clean(envelope.from.uri)}>` : '';
  const contacts = normalContacts(message.headers) || fallback;
  if (contacts !== '') head += `Contact: ${contacts}\r\n`;
  for (const { name, value } of message.headers) {
    if (!REWRITTEN.has(name) && !UNSAFE_NAME.test(name)) head += `${name}: ${clean(value)}\r\n`;
  }
  head += `Content-Length: ${message.body.length}\r\n\r\n`;
  const length = Buffer.byteLength(head);
  const bytes = Buffer.allocUnsafe(length + message.body.length);
  bytes.write(head, 0);
  message.body.copy(bytes, length);
  return bytes;
}

const REWRITTEN = new Set(['Via', 'From', 'To', 'Call-ID', 'CSeq', 'Contact']);

/** Every 2xx of an INVITE means an established call and becomes a 200: the application knows no other success. */
function normalStartLine({ message, cseq }: Envelope): string {
  if (message.kind === 'response' && cseq.method === 'INVITE' && message.status > 200 && message.status < 300) {
    return 'SIP/2.0 200 OK\r\n';
  }
  return startLine(message.kind === 'response' ? { ...message, reason: clean(message.reason) } : message);
}

/** All readable Contact values on one line; `*` alone as it is (RFC 3261 §10.2.2). */
function normalContacts(headers: readonly SipHeader[]): string {
  const values: string[] = [];
  for (const { name, value } of headers) {
    if (name !== 'Contact') continue;
    if (value === '*') return '*';
    for (const part of splitList(value)) {
      const contact = values.length < MAX_CONTACTS ? parseNameAddr(part) : null;
      if (contact !== null) values.push(plain(contact));
    }
  }
  return values.join(', ');
}

function plain(address: NameAddr): string {
  const display = address.display === null ? null : address.display.slice(0, MAX_DISPLAY);
  return clean(formatNameAddr({ ...address, display }));
}

function clean(value: string): string {
  return CONTROL.test(value) ? value.replaceAll(CONTROLS, ' ') : value;
}
