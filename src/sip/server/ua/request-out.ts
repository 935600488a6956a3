import { composeRequest } from '../message/compose.js';
import type { AppConnection } from '../control/app-connection.js';
import type { AppMessage } from '../control/app-message.js';
import type { SipCommand } from '../control/commands.js';
import { normalise } from '../control/normalise.js';
import { dialogId, type Dialog } from '../dialog/dialog.js';
import type { ResponseEnvelope } from '../message/envelope.js';
import { formatNameAddr, param, parseCSeq, parseNameAddr, splitList, type NameAddr } from '../message/headers.js';
import { newBranch, newCallId, newId, newSeq, newTag } from '../message/ids.js';
import { header, headerLines, serialize, type SipHeader, type SipRequest } from '../message/message.js';
import { ALLOW } from '../message/methods.js';
import { resolve } from '../transport/resolve.js';
import type { Hop } from '../message/hop.js';
import { parseSipUri, type SipUri } from '../message/uri.js';
import { withUserAgent, type Core } from './core.js';
import { endDialog } from './end-dialog.js';
import { tellUnheardBye } from './hangup.js';
import { localAnswer } from './local-answer.js';
import { OutgoingInvite } from './outgoing-invite.js';
import { ownContact, withOwnHost } from './own-address.js';
import { composeInDialog, type DialogRequest } from './send-in-dialog.js';

/** A request of an application, with the command it came by. */
export interface AppRequest {
  readonly app: AppConnection;
  readonly command: SipCommand;
  readonly content: AppMessage & { readonly message: SipRequest };
}

/** An application sends a request: an ACK or CANCEL, one inside a dialog, or a new one. */
export function onAppRequest(core: Core, asked: AppRequest): void {
  const { app, command, content } = asked;
  const { method } = content.message;
  const dialog = dialogOf(core, asked);
  if (method === 'ACK') onAck(core, asked);
  else if (method === 'CANCEL') onCancel(core, asked);
  else if (dialog !== null) sendInDialog(core, asked, dialog);
  else if (command.dialogId !== '') app.reply(command.id, `NOK|unable to find dialog ${command.dialogId}`);
  else sendNew(core, asked);
}

/** The dialog the application names, by its id or by the Call-ID and From tag of the request. */
function dialogOf(core: Core, { app, command, content }: AppRequest): Dialog | null {
  const { message } = content;
  const callId = header(message, 'Call-ID');
  const from = parseNameAddr(header(message, 'From') ?? '');
  const written = callId === null || from === null ? '' : dialogId(callId, param(from.params, 'tag') ?? '');
  const dialog = core.dialogs.get(command.dialogId === '' ? written : command.dialogId);
  return dialog?.app === app ? dialog : null;
}

function onAck(core: Core, { app, command, content }: AppRequest): void {
  const call = core.answered.get(command.dialogId);
  if (call?.app !== app) {
    app.reply(command.id, 'NOK|unable to find dialog: no answer waits for an ACK');
    return;
  }
  const headers = content.headers.filter(({ name }) => name !== 'Contact' && name !== 'Route');
  call.acknowledge({
    headers,
    body: content.body,
    sent: ({ hop, bytes, transactionId }) => app.requestSent(command.id, { hop, sip: bytes, transactionId }),
  });
}

function onCancel(core: Core, { app, command, content }: AppRequest): void {
  const call = core.calling.get(command.transactionId);
  const added = content.headers.filter(({ name }) => name !== 'Contact' && name !== 'Route' && name !== 'Content-Type');
  if (call?.app !== app || !call.cancel(added)) {
    app.reply(command.id, `NOK|no INVITE waits for an answer in transaction ${command.transactionId}`);
    return;
  }
  app.requestSent(command.id, { hop: call.hop, sip: call.cancelBytes(), transactionId: newId() });
}

function sendInDialog(core: Core, asked: AppRequest, dialog: Dialog): void {
  const { app, command, content } = asked;
  const { method } = content.message;
  if (method === 'INVITE' && (dialog.outgoingInvite || dialog.incomingInvite !== null)) {
    app.reply(command.id, 'NOK|request pending: another INVITE is in progress in this dialog');
    return;
  }
  const headers = (hop: Hop): readonly SipHeader[] => dialogHeaders(core, hop, content);
  const plan = { method, seq: dialog.nextSeq(), headers, body: content.body };
  composeInDialog(core, dialog, plan, (sending) => {
    if (method === 'INVITE') startInvite(core, asked, { sending, dialog });
    else if (method === 'BYE') sendBye(core, asked, { sending, dialog });
    else startRequest(core, asked, { sending, dialog });
  });
}

function dialogHeaders(core: Core, hop: Hop, { message, headers }: AppRequest['content']): readonly SipHeader[] {
  const refreshes = message.method === 'INVITE' || message.method === 'UPDATE' || message.method === 'SUBSCRIBE';
  const kept = headers.filter(({ name }) => name !== 'Contact' && name !== 'Route');
  return withUserAgent(core, refreshes ? [...kept, ownContact(core, hop, headers)] : kept);
}

/** RFC 3261 §15: a callee may not send BYE before the ACK; so it is held until that comes or is given up. */
function sendBye(core: Core, asked: AppRequest, on: { sending: DialogRequest; dialog: Dialog }): void {
  const { dialog } = on;
  const go = (): void => {
    endDialog(core, dialog);
    core.dialogs.leave(dialog);
    startRequest(core, asked, on);
  };
  const held = core.unacked.hold(dialog.callId, dialog.localTag, (ended) => {
    if (ended) asked.app.reply(asked.command.id, `NOK|unable to find dialog ${dialog.id}: the far end has ended it`);
    else go();
  });
  if (!held) go();
}

/** Sends any request but INVITE; the echo leaves for the application before an answer can. */
function startRequest(core: Core, { app, command }: AppRequest, on: { sending: DialogRequest; dialog: Dialog | null }): void {
  const { sending, dialog } = on;
  const deliver = (response: ResponseEnvelope): void => {
    if (response.message.status === 100) return;
    app.received({ hop: response.hop, sip: normalise(response), transactionId: transaction.id, dialogId: dialog?.id ?? '' });
    const accepted = response.message.status >= 200 && response.message.status < 300;
    if (accepted && dialog !== null && sending.request.method === 'UPDATE') dialog.refreshTarget(response.message);
  };
  const unheard = (status: 408 | 503): void => {
    if (dialog !== null && sending.request.method === 'BYE') tellUnheardBye(core, dialog);
    deliver(localAnswer(sending, status));
  };
  const transaction = core.transactions.request(sending, {
    response: (response) => {
      dialog?.reachedAt(response.hop);
      deliver(response);
    },
    timeout: () => unheard(408),
    lost: () => unheard(503),
    ended: () => {
      if (dialog !== null && sending.request.method === 'BYE') core.dialogs.left(dialog);
    },
  });
  app.requestSent(command.id, { hop: sending.hop, sip: sending.bytes, transactionId: transaction.id });
}

function startInvite(core: Core, { app, command }: AppRequest, on: { sending: DialogRequest; dialog: Dialog | null }): void {
  const call = new OutgoingInvite(core, app, on.sending, on.dialog);
  app.requestSent(command.id, { hop: on.sending.hop, sip: on.sending.bytes, transactionId: call.id });
}

function sendNew(core: Core, asked: AppRequest): void {
  const { app, command, content } = asked;
  const uri = content.message.uri.split('?', 1)[0] ?? '';
  const next = nextHop(uri, command.routeUri, content.message);
  if (next === null) {
    app.reply(command.id, `NOK|cannot send to ${uri.slice(0, 100)}: not a sip: URI with a host`);
    return;
  }
  resolve(next, core.transports, (resolved) => {
    if ('problem' in resolved) {
      app.reply(command.id, `NOK|${resolved.problem}`);
      return;
    }
    if (!app.open) return;
    const sending = composeNew(core, content, { uri, hop: resolved.hop });
    if ('problem' in sending) app.reply(command.id, `NOK|${sending.problem}`);
    else if (sending.request.method === 'INVITE') startInvite(core, asked, { sending, dialog: null });
    else startRequest(core, asked, { sending, dialog: null });
  });
}

/** Outbound proxy, else the first Route, else the Request-URI (RFC 3261 §8.1.2). */
function nextHop(uri: string, routeUri: string, message: SipRequest): SipUri | null {
  if (routeUri !== '') return parseSipUri(/^sips?:/i.test(routeUri) ? routeUri : `sip:${routeUri}`);
  const [line] = headerLines(message, 'Route');
  const route = line === undefined ? null : parseNameAddr(splitList(line)[0] ?? '');
  return parseSipUri(route?.uri ?? uri);
}

function composeNew(
  core: Core,
  content: AppRequest['content'],
  to: { uri: string; hop: Hop },
): DialogRequest | { problem: string } {
  const { message } = content;
  const { uri, hop } = to;
  const given = (name: string): string | null => header(message, name);
  const from = readOr(given('From'), { display: null, uri: 'sip:localhost', params: [] });
  const target = readOr(given('To'), { display: null, uri, params: [] });
  if (from === null || target === null) return { problem: 'From or To cannot be read' };
  const own = withOwnHost(core, hop, from);
  const tagged = param(own.params, 'tag') === null ? { ...own, params: [['tag', newTag()] as const, ...own.params] } : own;
  const branch = newBranch();
  const opens = message.method === 'INVITE' || message.method === 'SUBSCRIBE';
  const routes = headerLines(message, 'Route').flatMap((line) => splitList(line));
  const kept = content.headers.filter(({ name }) => name !== 'Route' && !(opens && name === 'Contact'));
  const contact = opens ? [ownContact(core, hop, content.headers)] : [];
  const allow = message.method === 'INVITE' && given('Allow') === null ? [{ name: 'Allow', value: ALLOW }] : [];
  const request = composeRequest({
    method: message.method,
    uri,
    via: core.transports.via(hop, branch),
    routes,
    from: formatNameAddr(tagged),
    to: formatNameAddr(target),
    callId: given('Call-ID') ?? newCallId(),
    seq: parseCSeq(given('CSeq') ?? '')?.seq ?? newSeq(),
    headers: withUserAgent(core, [...contact, ...kept, ...allow]),
    body: content.body,
  });
  return { request, bytes: serialize(request), branch, hop };
}

function readOr(value: string | null, fallback: NameAddr): NameAddr | null {
  return value === null ? fallback : parseNameAddr(value);
}
