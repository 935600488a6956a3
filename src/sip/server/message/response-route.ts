import type { RequestEnvelope } from './envelope.js';
import { param, formatParams, type Params } from './headers.js';
import type { Hop } from './hop.js';
import { hostForm } from './uri.js';

/**
 * Where the answers to a request go (RFC 3261 §18.2.2, RFC 3581 §4): the stream it came by; for UDP its source address, and its
 * source port when it asks (`rport`) or when its Via names another address (it sits behind NAT and cannot be reached otherwise).
 * Only a peer that names its true address and does not ask for rport is answered on the port it names.
 */
export function responseHop(request: RequestEnvelope): Hop {
  const { hop, via } = request;
  // The port counts only when the stream is gone and a new one must be opened.
  if (hop.transport === 'tcp') return { ...hop, port: via.port ?? 5060 };
  const symmetric = param(via.params, 'rport') !== null || via.host !== hop.address;
  return symmetric ? hop : { ...hop, port: via.port ?? 5060 };
}

/** The Via values of an answer: as received, with `received` and `rport` filled in at the top (RFC 3261 §18.2.1, RFC 3581 §4). */
export function answerVias(request: RequestEnvelope): readonly string[] {
  const { via, hop, viaValues } = request;
  const asked = param(via.params, 'rport') !== null;
  if (!asked && via.host === hop.address) return viaValues;
  const kept: Params = via.params.filter(([name]) => name !== 'received' && name !== 'rport');
  const added: Params = [['received', hop.address], ...(asked ? [['rport', String(hop.port)] as const] : [])];
  const sentBy = `${hostForm(via.host)}${via.port === null ? '' : `:${via.port}`}`;
  return [`SIP/2.0/${via.transport} ${sentBy}${formatParams([...kept, ...added])}`, ...viaValues.slice(1)];
}
