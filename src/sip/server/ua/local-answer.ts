import { param, parseNameAddr, parseVia } from '../message/headers.js';
import type { ResponseEnvelope } from '../message/envelope.js';
import { EMPTY_BODY, header } from '../message/message.js';
import { reasonPhrase } from '../message/reason-phrases.js';
import type { DialogRequest } from './send-in-dialog.js';

/** The answer that stands for silence or a dead network: applications treat both as a response (RFC 3261 §8.1.3.1: 408 and 503). */
export function localAnswer({ request, hop, branch }: DialogRequest, status: 408 | 487 | 503): ResponseEnvelope {
  const value = (name: string): string => header(request, name) ?? '';
  const headers = ['Via', 'From', 'To', 'Call-ID', 'CSeq'].map((name) => ({ name, value: value(name) }));
  const from = parseNameAddr(value('From'));
  const to = parseNameAddr(value('To'));
  const via = parseVia(value('Via'));
  if (from === null || to === null || via === null) throw new Error('a request of ours has headers that cannot be read');
  return {
    message: { kind: 'response', status, reason: reasonPhrase(status), headers, body: EMPTY_BODY },
    hop,
    via,
    viaValues: [value('Via')],
    branch,
    from,
    to,
    fromTag: param(from.params, 'tag') ?? '',
    toTag: param(to.params, 'tag') ?? '',
    callId: value('Call-ID'),
    cseq: { seq: Number.parseInt(value('CSeq'), 10), method: request.method },
  };
}
