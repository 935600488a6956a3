import { openEnvelope, type RequestEnvelope, type ResponseEnvelope } from './message/envelope.js';
import { parseVia, splitList, param } from './message/headers.js';
import type { SourceGuard } from './guard.js';
import { header, headerLines, parseMessage, serialize, type SipHeader, type SipRequest } from './message/message.js';
import { reasonPhrase } from './message/reason-phrases.js';
import type { Hop } from './message/hop.js';
import { answerStateless, retryAfter, turnAway, type Core } from './ua/core.js';
import { onRequest } from './ua/inbound.js';

/** Everything that arrives on a SIP socket: read, judged, and given to the transaction it belongs to or to the user agent. */
export class Intake {
  #received = 0;

  constructor(
    private readonly core: Core,
    private readonly guard: SourceGuard,
  ) {}

  /** Messages that came in. */
  get received(): number {
    return this.#received;
  }

  take(bytes: Buffer, hop: Hop): void {
    // Keep-alives (RFC 5626 §3.5, and single NULs of old devices) are no messages.
    if (bytes.length <= 4) return;
    this.#received++;
    if (this.guard.isFlood(bytes, hop.address)) {
      turnAway(this.core, 'too-fast', hop);
      return;
    }
    const parsed = parseMessage(bytes, { stream: hop.transport === 'tcp' });
    if (!parsed.ok) {
      this.#complain(parsed.error.request, hop, parsed.error);
      return;
    }
    const message = parsed.value;
    const opened = openEnvelope(message, hop);
    if (!opened.ok) this.#complain(message.kind === 'request' ? message : null, hop, { status: 400, reason: opened.error });
    else if (message.kind === 'request') this.#request(opened.value as RequestEnvelope);
    else this.core.transactions.answer(opened.value as ResponseEnvelope);
  }

  #request(request: RequestEnvelope): void {
    const { core } = this;
    if (core.transactions.absorb(request)) return;
    const verdict = this.guard.judge(request.message, request.hop.address, request.toTag !== '');
    if (verdict === 'pass') {
      onRequest(core, request);
      return;
    }
    turnAway(core, verdict, request.hop);
    if (verdict === 'not-allowed') answerStateless(core, request, { status: 403 });
    else if (verdict === 'too-fast') answerStateless(core, request, { status: 503, headers: [retryAfter(2)] });
  }

  /** Answers a request that is malformed, when enough of it can be read for its sender to know the answer. */
  #complain(request: SipRequest | null, hop: Hop, problem: { status: number; reason: string }): void {
    turnAway(this.core, 'malformed', hop);
    if (!this.guard.countOther(hop.address)) return;
    if (request === null || request.method === 'ACK') return;
    const vias = headerLines(request, 'Via').flatMap((line) => splitList(line));
    const via = parseVia(vias[0] ?? '');
    const callId = header(request, 'Call-ID');
    const cseq = header(request, 'CSeq');
    if (vias[0] === undefined || (callId === null && cseq === null)) return;
    const headers: SipHeader[] = vias.map((value) => ({ name: 'Via', value }));
    for (const name of ['From', 'To', 'Call-ID', 'CSeq']) {
      const value = header(request, name);
      if (value !== null) headers.push({ name, value });
    }
    const { status } = problem;
    const reason = problem.reason === '' ? reasonPhrase(status) : problem.reason;
    const copied = request.latin1 && { latin1: true as const };
    const bytes = serialize({ kind: 'response', status, reason, headers, body: Buffer.alloc(0), ...copied });
    const named = via !== null && via.host === hop.address && param(via.params, 'rport') === null;
    this.core.transports.send(bytes, named ? { ...hop, port: via.port ?? 5060 } : hop, () => undefined);
  }
}
