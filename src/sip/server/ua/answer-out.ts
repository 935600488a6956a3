import { composeAnswer, type ResponseFields } from '../message/compose.js';
import type { AppConnection } from '../control/app-connection.js';
import type { AppMessage } from '../control/app-message.js';
import type { SipCommand } from '../control/commands.js';
import { tokens } from '../message/headers.js';
import { newSeq } from '../message/ids.js';
import { header, serialize, type SipHeader, type SipResponse } from '../message/message.js';
import { ALLOW, SUPPORTED } from '../message/methods.js';
import { withServer, type Core } from './core.js';
import { finishInvite } from './finish.js';
import { hold, sendHeld } from './held-answers.js';
import type { PendingRequest } from './pending.js';
import { ReliableProvisional } from './reliable.js';
import { sessionHeaders, sessionRequest, type SessionRequest } from './session-timer.js';
import { ownContact } from './own-address.js';

/** An application answers a request from the network. */
export function onAppAnswer(
  core: Core,
  app: AppConnection,
  command: SipCommand,
  content: AppMessage & { message: SipResponse },
): void {
  const pending = core.pending.get(command.transactionId);
  const { status } = content.message;
  if (pending?.app !== app) {
    app.reply(command.id, `NOK|no request waits for an answer in transaction ${command.transactionId}`);
  } else if (status === 100) {
    app.reply(command.id, 'NOK|the server sends 100 Trying by itself');
  } else if (status < 300 && pending.reliable?.waiting === true) {
    // RFC 3262 §3: a refusal may go at once; its PRACK is still accepted.
    const answer = { commandId: command.id, final: status >= 200, send: () => send(core, pending, { command, content }) };
    const problem = hold(pending, answer);
    if (problem !== null) app.reply(command.id, `NOK|${problem}`);
  } else if (isProvisionalWithoutOffer(pending, content)) {
    expectFinal(core, pending);
    app.reply(
      command.id,
      'NOK|the caller requires 100rel and made no offer, so that a provisional response must hold ours (RFC 3262 §5)',
    );
  } else {
    send(core, pending, { command, content });
  }
}

/**
 * A caller that requires 100rel and sent no offer expects one in the first reliable answer (RFC 3262 §5). A provisional answer
 * without one cannot be sent in any way; ringing is left out then, and the 2xx holds the offer.
 */
function isProvisionalWithoutOffer(
  { transaction }: PendingRequest,
  { message, body }: AppMessage & { message: SipResponse },
): boolean {
  const invite = transaction.envelope.message;
  if (invite.method !== 'INVITE' || message.status >= 200 || body.length > 0) return false;
  return hasToken(invite.headers, 'Require', '100rel') && header(invite, 'Content-Type') === null;
}

function send(
  core: Core,
  pending: PendingRequest,
  from: { command: SipCommand; content: AppMessage & { message: SipResponse } },
): void {
  const { transaction, dialog, app } = pending;
  const { status, reason } = from.content.message;
  const provisional = status < 200;
  const session = status < 300 ? sessionRequest(transaction.envelope, core.timers.minSession / 1000) : 'none';
  const rseq = provisional ? reliableNumber(pending, from.content.headers) : null;
  const answer: ResponseFields = {
    status,
    reason,
    toTag: pending.localTag,
    inDialog: pending.opensDialog && status < 300,
    headers: withServer(core, answerHeaders(core, pending, { headers: from.content.headers, status, rseq, session })),
    body: from.content.body,
  };
  const bytes = serialize(composeAnswer(transaction.envelope, answer));
  // A dialog must be known before its answer is: an in-dialog request may be on its way at once (RFC 3261 §12.1.1).
  if (dialog !== null && pending.opensDialog && status < 300) core.dialogs.add(dialog);
  core.transactions.respond(transaction, status, bytes);
  if (provisional) afterProvisional(core, pending, { rseq, bytes, asked: hasToken(from.content.headers, 'Require', '100rel') });
  else afterFinal(core, pending, { status, bytes, session, sdp: sdpOf(from.content) });
  app.responseSent(from.command.id, {
    hop: transaction.hop,
    sip: bytes,
    transactionId: transaction.id,
    dialogId: dialog?.id ?? '',
  });
}

function answerHeaders(
  core: Core,
  pending: PendingRequest,
  given: { headers: readonly SipHeader[]; status: number; rseq: number | null; session: SessionRequest },
): readonly SipHeader[] {
  const { method } = pending.transaction.envelope.message;
  const { status, rseq, session } = given;
  const headers = given.headers.filter(({ name }) => name !== 'Contact' && !(name === 'Require' && status < 200));
  const refreshes = method === 'INVITE' || method === 'UPDATE' || method === 'SUBSCRIBE';
  if (refreshes && status < 300) headers.push(ownContact(core, pending.transaction.hop, given.headers));
  else if (status >= 300 && status < 400) headers.push(...given.headers.filter(({ name }) => name === 'Contact'));
  if (rseq !== null) headers.push({ name: 'Require', value: '100rel' }, { name: 'RSeq', value: String(rseq) });
  if (method === 'INVITE' && status >= 200 && status < 300) {
    // RFC 3261 §13.3.1: a 2xx says what can be done in the dialog.
    for (const [name, value] of [
      ['Allow', ALLOW],
      ['Supported', [...SUPPORTED].join(', ')],
    ] as const) {
      if (!headers.some((one) => one.name === name)) headers.push({ name, value });
    }
  }
  const timed = refreshes && status >= 200 && status < 300 && !headers.some(({ name }) => name === 'Session-Expires');
  return timed ? [...headers, ...sessionHeaders(session)] : headers;
}

/**
 * RSeq of a provisional answer that is to be sent reliably (RFC 3262 §3): the application asks for it or the far end requires it.
 */
function reliableNumber(pending: PendingRequest, headers: readonly SipHeader[]): number | null {
  const { message } = pending.transaction.envelope;
  if (message.method !== 'INVITE') return null;
  const required = hasToken(message.headers, 'Require', '100rel');
  const possible = required || hasToken(message.headers, 'Supported', '100rel');
  const wanted = required || hasToken(headers, 'Require', '100rel');
  if (!possible || !wanted) return null;
  return pending.reliable === null ? newSeq() : pending.reliable.rseq + 1;
}

function hasToken(headers: readonly SipHeader[], name: string, token: string): boolean {
  return tokens(headers.filter((one) => one.name === name).map(({ value }) => value)).some((tag) => tag.toLowerCase() === token);
}

function afterProvisional(
  core: Core,
  pending: PendingRequest,
  sent: { rseq: number | null; bytes: Buffer; asked: boolean },
): void {
  const { transaction } = pending;
  if (transaction.envelope.message.method !== 'INVITE') return;
  expectFinal(core, pending);
  if (sent.rseq === null) return;
  pending.reliable = new ReliableProvisional(sent.rseq, sent.asked, core, {
    resend: () => core.transactions.respond(transaction, 180, sent.bytes),
    giveUp: () => finishInvite(core, pending, { status: 500, reason: 'Provisional response not acknowledged' }),
  });
}

/** The application has its time for the final answer from its last word on. */
function expectFinal(core: Core, pending: PendingRequest): void {
  core.pending.expect(pending, core.timers.ringing, () => {
    core.log.warn({ callId: pending.transaction.envelope.callId }, 'the application left a call ringing too long');
    finishInvite(core, pending, { status: 480, reason: 'Application did not answer' });
  });
}

/** The SDP of a message; null for none. A copy: the body is part of a frame of the control port. */
function sdpOf({ headers, body }: AppMessage): Buffer | null {
  const type = headers.find(({ name }) => name === 'Content-Type')?.value ?? '';
  return body.length > 0 && /^application\/sdp\s*(?:;|$)/i.test(type) ? Buffer.from(body) : null;
}

function afterFinal(
  core: Core,
  pending: PendingRequest,
  sent: { status: number; bytes: Buffer; session: SessionRequest; sdp: Buffer | null },
): void {
  const { dialog, transaction, opensDialog } = pending;
  const { method } = transaction.envelope.message;
  core.pending.remove(pending);
  if (dialog === null) return;
  if (method === 'PRACK') sendHeld(core, dialog);
  if (method === 'INVITE') {
    dialog.incomingInvite = null;
    if (sent.status < 300) {
      dialog.confirm();
      core.unacked.add(pending, sent.bytes);
    } else if (opensDialog) core.dialogs.remove(dialog);
  }
  if (sent.sdp !== null && sent.status < 300) dialog.lastSdp = sent.sdp;
  const refreshed = sent.status < 300 && (method === 'INVITE' || method === 'UPDATE') && dialog.state === 'confirmed';
  if (refreshed) core.sessionTimers.refreshed(dialog, sent.session);
}
