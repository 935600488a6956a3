import { isAscii, isUtf8 } from 'node:buffer';
import { err, ok, type Result } from '../../../lib/result.js';
import { canonicalName } from './header-names.js';

/** One header line, unfolded. `name` is canonical (see `canonicalName`), `value` has no CR, LF or outer white space. */
export interface SipHeader {
  readonly name: string;
  readonly value: string;
}

export interface SipRequest {
  readonly kind: 'request';
  readonly method: string;
  /** Request-URI as received. */
  readonly uri: string;
  /** In the order of the wire, duplicates kept. Never holds Content-Length: that follows from `body`. */
  readonly headers: readonly SipHeader[];
  readonly body: Buffer;
  /** Set when the head is not UTF-8: each character of it is one byte of the wire, and is written as that byte again. */
  readonly latin1?: true;
}

export interface SipResponse {
  readonly kind: 'response';
  readonly status: number;
  readonly reason: string;
  /** In the order of the wire, duplicates kept. Never holds Content-Length: that follows from `body`. */
  readonly headers: readonly SipHeader[];
  readonly body: Buffer;
  /** Set when the head is not UTF-8: each character of it is one byte of the wire, and is written as that byte again. */
  readonly latin1?: true;
}

export type SipMessage = SipRequest | SipResponse;

/** Why bytes are no SIP message. */
export interface ParseProblem {
  /** The status that says so to the sender of a request. */
  readonly status: 400 | 413 | 414 | 505;
  readonly reason: string;
  /** What could be read of a request, for an answer; null when there is nothing to answer (noise, or a response). */
  readonly request: SipRequest | null;
}

/** Bounds of what is read, in bytes. A message beyond them is refused, not cut. */
export const LIMITS = { line: 8 * 1024, head: 32 * 1024, body: 256 * 1024, uri: 1024, headers: 256 } as const;

export const EMPTY_BODY: Buffer = Buffer.alloc(0);

const CRLF = '\r\n';
const BEYOND_LATIN1 = /[^\0-\xFF]/;
const TOKEN = /^[\w\-.!%*+`'~]+$/;
const STRAY_LINE_END = /\r(?!\n)|(?:^|[^\r])\n/;
const REQUEST_LINE = /^([\w\-.!%*+`'~]+) ([^\s<>"]+) SIP\/2\.0$/i;
const SIP_VERSION = /^SIP\/(\d{1,5})\.(\d{1,5})$/i;
/** `s`: a reason phrase may hold the line separators of Unicode (RFC 3261 §25.1, Reason-Phrase is UTF-8). */
const STATUS_LINE = /^SIP\/2\.0 ([1-6]\d\d)(?: (.*))?$/is;

/**
 * Reads one SIP message (RFC 3261 §7, ABNF §25) from a datagram or from one framed part of a stream. Bytes behind the body that
 * Content-Length names are ignored (§18.3). Never throws; bounded by {@link LIMITS}. Header values are checked for their line
 * structure only; `headers.ts` reads what is inside them.
 *
 * A head that is not UTF-8 is read as Latin-1, which is what old exchanges send in display names.
 *
 * @param options.stream it came by a stream, where Content-Length is mandatory (§20.14)
 */
export function parseMessage(buffer: Buffer, { stream = false } = {}): Result<SipMessage, ParseProblem> {
  const parts = splitMessage(buffer);
  const length = parts.contentLength;
  const rest = parts.rest;
  const problem =
    parts.problem ?? (length === null && stream ? bad('Missing Content-Length') : lengthProblem(length, rest.length));
  if (problem !== null) return err({ ...problem, request: parts.message?.kind === 'request' ? parts.message : null });
  if (parts.message === null) return err({ status: 400, reason: 'Not a SIP message', request: null });
  const body = length === null || length === rest.length ? rest : rest.subarray(0, length);
  return ok(body.length === 0 ? parts.message : { ...parts.message, body });
}

/** A message cut into head and the bytes behind it, before Content-Length is applied. */
export interface MessageParts {
  /** The message without its body; null when there is not even a usable start line. */
  readonly message: SipMessage | null;
  /** All bytes behind the blank line. */
  readonly rest: Buffer;
  /** Content-Length: a number, null when there is none, NaN when it is not one number. */
  readonly contentLength: number | null;
  /** The first thing wrong with the head, or null. */
  readonly problem: Omit<ParseProblem, 'request'> | null;
}

/** Splits off and reads the head of a message and leaves the body alone: the control port trusts no Content-Length. */
export function splitMessage(buffer: Buffer): MessageParts {
  let start = 0;
  // RFC 3261 §7.5: empty lines before the start line are ignored.
  while (buffer[start] === 13 && buffer[start + 1] === 10) start += 2;
  const blank = buffer.indexOf('\r\n\r\n', start, 'latin1');
  const end = blank === -1 ? buffer.length : blank;
  const bytes = buffer.subarray(start, Math.min(end, start + LIMITS.head));
  const latin1 = isLatin1(bytes);
  const head = bytes.toString(latin1 ? 'latin1' : 'utf8');
  const rest = blank === -1 ? EMPTY_BODY : buffer.subarray(blank + 4);
  const read = readHead(head);
  let problem = read.problem;
  if (end - start > LIMITS.head) problem = bad('Message head too long');
  else if (blank === -1) problem ??= bad('No end of headers');
  const message = latin1 && read.message !== null ? { ...read.message, latin1 } : read.message;
  return { ...read, message, rest, problem };
}

function lengthProblem(length: number | null, available: number): Omit<ParseProblem, 'request'> | null {
  if (length === null) return available > LIMITS.body ? { status: 413, reason: 'Request Entity Too Large' } : null;
  if (Number.isNaN(length)) return bad('Bad Content-Length');
  if (length > LIMITS.body) return { status: 413, reason: 'Request Entity Too Large' };
  return length > available ? bad('Content-Length larger than message') : null;
}

function bad(reason: string): Omit<ParseProblem, 'request'> {
  return { status: 400, reason };
}

/** Every byte of a head one character, where it cannot be UTF-8. */
function isLatin1(bytes: Buffer): boolean {
  return !isAscii(bytes) && !isUtf8(bytes);
}

function readHead(head: string): Omit<MessageParts, 'rest'> {
  const firstEnd = head.indexOf(CRLF);
  const startLine = firstEnd === -1 ? head : head.slice(0, firstEnd);
  const headers: SipHeader[] = [];
  const start = readStartLine(startLine, headers);
  if (start.message === null) return { message: null, contentLength: null, problem: start.problem };
  let problem = start.problem;
  if (STRAY_LINE_END.test(head)) problem ??= bad('Bare CR or LF in headers');
  const lengths: string[] = [];
  for (let at = firstEnd; at !== -1 && at + 2 <= head.length;) {
    const next = endOfHeader(head, at + 2);
    const stop = next === -1 ? head.length : next;
    problem ??= stop - at > LIMITS.line ? bad('Header line too long') : null;
    // Read on behind a problem: the answer needs the headers.
    const wrong = addHeader(head.slice(at + 2, stop), headers, lengths);
    problem ??= wrong;
    if (headers.length > LIMITS.headers) return { message: start.message, contentLength: null, problem: bad('Too many headers') };
    at = next;
  }
  return { message: start.message, contentLength: readLength(lengths), problem };
}

/**
 * Where the header that begins at `from` ends: the first CRLF that is not followed by folding (RFC 3261 §7.3.1). -1 for the last
 * one.
 */
function endOfHeader(head: string, from: number): number {
  for (let at = head.indexOf(CRLF, from); at !== -1; at = head.indexOf(CRLF, at + 2)) {
    const following = head.charCodeAt(at + 2);
    if (following !== 32 && following !== 9) return at;
  }
  return -1;
}

/** Adds one logical header line; returns what is wrong with it, or null. */
function addHeader(line: string, headers: SipHeader[], lengths: string[]): Omit<ParseProblem, 'request'> | null {
  const colon = line.indexOf(':');
  const rawName = colon === -1 ? '' : line.slice(0, colon).trimEnd();
  if (!TOKEN.test(rawName)) return bad('Malformed header line');
  const raw = line.slice(colon + 1);
  const value = raw.includes(CRLF) ? unfold(raw) : raw.trim();
  const name = canonicalName(rawName);
  if (name === 'Content-Length') lengths.push(value);
  else headers.push({ name, value });
  return null;
}

/** A folded value on one line: every fold is one space (RFC 3261 §7.3.1). */
function unfold(value: string): string {
  return value
    .split(CRLF)
    .map((part) => part.trim())
    .join(' ')
    .trim();
}

function readLength(values: readonly string[]): number | null {
  const [first] = values;
  if (first === undefined) return null;
  return values.length === 1 && /^\d{1,9}$/.test(first) ? Number(first) : Number.NaN;
}

function readStartLine(line: string, headers: readonly SipHeader[]): Pick<MessageParts, 'message' | 'problem'> {
  const request = REQUEST_LINE.exec(line);
  if (request?.[1] !== undefined && request[2] !== undefined) {
    const [, method, uri] = request;
    const problem = uri.length > LIMITS.uri ? ({ status: 414, reason: 'Request-URI Too Long' } as const) : null;
    return { message: { kind: 'request', method, uri, headers, body: EMPTY_BODY }, problem };
  }
  const response = STATUS_LINE.exec(line);
  if (response?.[1] !== undefined) {
    const [, status, reason = ''] = response;
    return { message: { kind: 'response', status: Number(status), reason, headers, body: EMPTY_BODY }, problem: null };
  }
  return readBrokenStartLine(line, headers);
}

/** A start line that is wrong, but plainly a request's: its sender is told so. Anything else is noise. */
function readBrokenStartLine(line: string, headers: readonly SipHeader[]): Pick<MessageParts, 'message' | 'problem'> {
  const words = line.length > LIMITS.line ? [] : line.split(/[ \t]/).filter((word) => word !== '');
  const method = words[0] ?? '';
  const version = SIP_VERSION.exec(words.at(-1) ?? '');
  if (version === null || words.length < 2 || !TOKEN.test(method)) return { message: null, problem: bad('Not a SIP message') };
  const message: SipRequest = { kind: 'request', method, uri: words.slice(1, -1).join(' '), headers, body: EMPTY_BODY };
  const otherVersion = Number(version[1]) !== 2 || Number(version[2]) !== 0;
  return { message, problem: otherVersion ? { status: 505, reason: 'Version Not Supported' } : bad('Malformed Request-Line') };
}

/** The bytes of a message, Content-Length included; the inverse of {@link parseMessage}. */
export function serialize(message: SipMessage): Buffer {
  let head = startLine(message);
  for (const { name, value } of message.headers) head += `${name}: ${value}\r\n`;
  const { body } = message;
  head += `Content-Length: ${body.length}\r\n\r\n`;
  const encoding = message.latin1 === true && !BEYOND_LATIN1.test(head) ? 'latin1' : 'utf8';
  if (body.length === 0) return Buffer.from(head, encoding);
  const headLength = Buffer.byteLength(head, encoding);
  const bytes = Buffer.allocUnsafe(headLength + body.length);
  bytes.write(head, 0, encoding);
  body.copy(bytes, headLength);
  return bytes;
}

/** Request-Line or Status-Line with its CRLF. */
export function startLine(message: SipMessage): string {
  return message.kind === 'request'
    ? `${message.method} ${message.uri} SIP/2.0\r\n`
    : `SIP/2.0 ${message.status} ${message.reason}\r\n`;
}

/** First value of a header by its canonical name; null when absent. */
export function header(message: SipMessage, name: string): string | null {
  for (const entry of message.headers) if (entry.name === name) return entry.value;
  return null;
}

/** All values of a header by its canonical name, one entry a line, in order. */
export function headerLines(message: SipMessage, name: string): string[] {
  const values: string[] = [];
  for (const entry of message.headers) if (entry.name === name) values.push(entry.value);
  return values;
}
