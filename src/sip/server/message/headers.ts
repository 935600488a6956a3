/** What is inside header values (RFC 3261 §20, §25.1). Nothing here throws; a value that breaks the grammar is `null`. */

import { parseHostPort, parseSipUri, schemeOf } from './uri.js';

/** Parameters in order; names in lower case, values as written (quotes kept), `null` for a parameter without `=`. */
export type Params = readonly (readonly [name: string, value: string | null])[];

/** `"display" <uri>;params` of From, To, Contact, Route and their like. */
export interface NameAddr {
  /** Unquoted and unescaped; null when absent or empty. */
  readonly display: string | null;
  readonly uri: string;
  readonly params: Params;
}

/** One Via value (RFC 3261 §20.42). */
export interface Via {
  /** Upper case, `UDP`. */
  readonly transport: string;
  /** Lower case; IPv6 without its brackets. */
  readonly host: string;
  readonly port: number | null;
  readonly params: Params;
}

export interface CSeq {
  readonly seq: number;
  readonly method: string;
}

const NO_PARAMS: Params = [];
const TOKEN = /^[\w\-.!%*+`'~]+$/;
const PARAM_VALUE = /^(?:[\w\-.!%*+`'~[\]:/?&=$@{}|^#()<>]+|"(?:[^"\\]|\\[\s\S])*")$/;
const UNQUOTED_DISPLAY = /^[^"<>,;]*$/;
const CSEQ = /^(\d{1,10})\s+([\w\-.!%*+`'~]+)$/;
const VIA_START = /^SIP\s*\/\s*2\.0\s*\/\s*([\w\-.!%*+`'~]+)\s+/i;

/** First value of a parameter; `''` for one without value, null when absent. */
export function param(params: Params, name: string): string | null {
  for (const [key, value] of params) if (key === name) return value ?? '';
  return null;
}

/**
 * Splits a header that may hold several values at its commas, leaving those in quotes and angle brackets alone (RFC 3261 §7.3.1).
 */
export function splitList(value: string): string[] {
  return value.includes(',') ? splitAt(value, ',') : [value];
}

function splitAt(value: string, separator: ',' | ';'): string[] {
  const parts: string[] = [];
  let start = 0;
  let quoted = false;
  let angle = false;
  for (let i = 0; i < value.length; i++) {
    const char = value[i];
    if (quoted) {
      if (char === '\\') i++;
      else if (char === '"') quoted = false;
    } else if (char === '"') quoted = true;
    else if (char === '<') angle = true;
    else if (char === '>') angle = false;
    else if (char === separator && !angle) {
      parts.push(value.slice(start, i).trim());
      start = i + 1;
    }
  }
  parts.push(value.slice(start).trim());
  return parts;
}

/**
 * Reads one name-addr or addr-spec with its header parameters (RFC 3261 §20.10). The URI must have a scheme, and be whole if it
 * is `sip:`.
 */
export function parseNameAddr(value: string): NameAddr | null {
  let display: string | null = null;
  let at = 0;
  if (value.startsWith('"')) {
    const close = closingQuote(value);
    if (close === -1) return null;
    display = value.slice(1, close).replaceAll(/\\([\s\S])/g, '$1');
    at = close + 1;
  }
  const open = openingAngle(value, at);
  if (open === -1) return display === null ? parseAddrSpec(value) : null;
  const before = value.slice(at, open).trim();
  if (display !== null ? before !== '' : !UNQUOTED_DISPLAY.test(before)) return null;
  if (display === null && before !== '') display = before;
  const close = value.indexOf('>', open);
  if (close === -1) return null;
  return finish(display, value.slice(open + 1, close), value.slice(close + 1));
}

/** Without angle brackets every `;` begins a header parameter, and `?` and `,` may not stand in the URI (RFC 3261 §20.10). */
function parseAddrSpec(value: string): NameAddr | null {
  const semicolon = value.indexOf(';');
  const uri = (semicolon === -1 ? value : value.slice(0, semicolon)).trim();
  if (/[?,]/.test(uri)) return null;
  return finish(null, uri, semicolon === -1 ? '' : value.slice(semicolon));
}

function finish(display: string | null, uri: string, rest: string): NameAddr | null {
  if (/[\s<>"]/.test(uri)) return null;
  const scheme = schemeOf(uri);
  if (scheme === null) return null;
  if ((scheme === 'sip' || scheme === 'sips') && parseSipUri(uri) === null) return null;
  const params = parseParams(rest);
  return params === null ? null : { display: display === '' ? null : display, uri, params };
}

/** Where the angle bracket of a name-addr opens; -1 when there is none. One inside a quoted parameter of an addr-spec is none. */
function openingAngle(value: string, from: number): number {
  const open = value.indexOf('<', from);
  const semicolon = value.indexOf(';', from);
  return semicolon !== -1 && semicolon < open ? -1 : open;
}

function closingQuote(value: string): number {
  for (let i = 1; i < value.length; i++) {
    if (value[i] === '\\') i++;
    else if (value[i] === '"') return i;
  }
  return -1;
}

/** Reads `;name=value;name` up to the end of the text; null when something else stands there. */
export function parseParams(text: string): Params | null {
  const trimmed = text.trim();
  if (trimmed === '') return NO_PARAMS;
  if (!trimmed.startsWith(';')) return null;
  const params: (readonly [string, string | null])[] = [];
  for (const part of splitAt(trimmed.slice(1), ';')) {
    const equals = part.indexOf('=');
    const name = (equals === -1 ? part : part.slice(0, equals)).trim();
    const value = equals === -1 ? null : part.slice(equals + 1).trim();
    if (!TOKEN.test(name) || (value !== null && !PARAM_VALUE.test(value))) return null;
    params.push([name.toLowerCase(), value]);
  }
  return params;
}

/** Reads one Via value; use {@link splitList} first. */
export function parseVia(value: string): Via | null {
  const start = VIA_START.exec(value);
  if (start?.[1] === undefined) return null;
  const rest = value.slice(start[0].length);
  const semicolon = rest.indexOf(';');
  const sentBy = parseHostPort(aroundColon((semicolon === -1 ? rest : rest.slice(0, semicolon)).trim()));
  const params = semicolon === -1 ? NO_PARAMS : parseParams(rest.slice(semicolon));
  return sentBy === null || params === null ? null : { transport: start[1].toUpperCase(), ...sentBy, params };
}

/** A Via may have white space around the colon before its port. */
function aroundColon(text: string): string {
  if (!/\s/.test(text)) return text;
  const colon = text.lastIndexOf(':');
  return colon === -1 ? text : `${text.slice(0, colon).trimEnd()}:${text.slice(colon + 1).trimStart()}`;
}

/** Reads CSeq; the number must be below 2^31 (RFC 3261 §8.1.1.5). */
export function parseCSeq(value: string): CSeq | null {
  const match = CSEQ.exec(value);
  if (match?.[2] === undefined) return null;
  const seq = Number(match[1]);
  return seq < 2 ** 31 ? { seq, method: match[2] } : null;
}

/** A name-addr in its plainest form, always with angle brackets and a quoted display name: no reader can stumble over it. */
export function formatNameAddr(address: NameAddr): string {
  const display = address.display === null ? '' : `"${address.display.replaceAll(/["\\]/g, '\\$&')}" `;
  return `${display}<${address.uri}>${formatParams(address.params)}`;
}

/** `;name=value;name`, the inverse of {@link parseParams}. */
export function formatParams(params: Params): string {
  let text = '';
  for (const [name, value] of params) text += value === null ? `;${name}` : `;${name}=${value}`;
  return text;
}

/** The tags of a comma-separated token header (Require, Supported, Allow…), over all its lines, as written. */
export function tokens(lines: readonly string[]): string[] {
  return lines.flatMap((line) => line.split(',').map((token) => token.trim())).filter((token) => token !== '');
}
