import { err, ok, type Result } from '../../../lib/result.js';
import { param, parseCSeq, parseNameAddr, parseVia, splitList, type CSeq, type NameAddr, type Via } from './headers.js';
import { headerLines, type SipMessage, type SipRequest, type SipResponse } from './message.js';
import type { Hop } from './hop.js';

/** A received message with what every layer asks of it, read once. */
export interface Envelope<M extends SipMessage = SipMessage> {
  readonly message: M;
  /** Where it came from. */
  readonly hop: Hop;
  /** Top Via, and all Via values as received. */
  readonly via: Via;
  readonly viaValues: readonly string[];
  readonly branch: string;
  readonly from: NameAddr;
  readonly to: NameAddr;
  /** `''` when absent: an RFC 2543 peer. */
  readonly fromTag: string;
  readonly toTag: string;
  readonly callId: string;
  readonly cseq: CSeq;
}

export type RequestEnvelope = Envelope<SipRequest>;
export type ResponseEnvelope = Envelope<SipResponse>;

const ONCE = ['From', 'To', 'Call-ID', 'CSeq', 'Max-Forwards', 'Content-Type', 'Expires', 'Subject'];
/**
 * Printable ASCII without the bar, which separates fields on the control port; laxer than `word` of RFC 3261 §25.1, as some
 * devices are.
 */
const CALL_ID = /^[!-{}~]{1,512}$/;
const TAG = /^[!#-+\--:=?-{}~]{0,256}$/;

/** Reads the headers every message must have (RFC 3261 §8.1.1). The error is a reason phrase for a 400. */
export function openEnvelope<M extends SipMessage>(message: M, hop: Hop): Result<Envelope<M>, string> {
  const repeated = repeatedHeader(message);
  if (repeated !== null) return err(`Repeated ${repeated} header`);
  const viaValues = headerLines(message, 'Via').flatMap((line) => splitList(line));
  const vias = viaValues.map((value) => parseVia(value));
  const via = vias[0] ?? null;
  if (via === null || vias.includes(null)) return err('Missing or bad Via header');
  const from = readAddress(message, 'From');
  const to = readAddress(message, 'To');
  if (from === null) return err('Missing or bad From header');
  if (to === null) return err('Missing or bad To header');
  const callId = headerLines(message, 'Call-ID')[0] ?? '';
  if (!CALL_ID.test(callId)) return err('Missing or bad Call-ID header');
  const cseq = parseCSeq(headerLines(message, 'CSeq')[0] ?? '');
  if (cseq === null) return err('Missing or bad CSeq header');
  if (message.kind === 'request' && cseq.method !== message.method) return err('CSeq method does not match the request');
  const fromTag = param(from.params, 'tag') ?? '';
  const toTag = param(to.params, 'tag') ?? '';
  if (!TAG.test(fromTag) || !TAG.test(toTag)) return err('Bad tag');
  const branch = param(via.params, 'branch') ?? '';
  return ok({ message, hop, via, viaValues, branch, from, to, fromTag, toTag, callId, cseq });
}

function repeatedHeader(message: SipMessage): string | null {
  let seen = 0;
  for (const { name } of message.headers) {
    const index = ONCE.indexOf(name);
    if (index === -1) continue;
    if ((seen & (1 << index)) !== 0) return name;
    seen |= 1 << index;
  }
  return null;
}

function readAddress(message: SipMessage, name: 'From' | 'To'): NameAddr | null {
  const [line] = headerLines(message, name);
  return line === undefined ? null : parseNameAddr(line);
}
