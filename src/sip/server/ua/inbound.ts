import type { AppConnection } from '../control/app-connection.js';
import { Dialog } from '../dialog/dialog.js';
import type { RequestEnvelope } from '../message/envelope.js';
import { newTag } from '../message/ids.js';
import { header } from '../message/message.js';
import { ALLOW, DIALOG_METHODS, SUPPORTED } from '../message/methods.js';
import { onCancel } from './cancel-in.js';
import { inspect } from './checks.js';
import { answerStateless, freeApp, refuseNew, retryAfter, type Core } from './core.js';
import { finishInvite } from './finish.js';
import { forward } from './forward.js';
import { onAck, onDialogRequest } from './in-dialog.js';
import { sessionRequest } from './session-timer.js';

/** A request that belongs to no transaction yet, from a source that may send it (RFC 3261 §8.2). */
export function onRequest(core: Core, request: RequestEnvelope): void {
  const { method } = request.message;
  if (method === 'ACK') onAck(core, request);
  else if (method === 'CANCEL') onCancel(core, request);
  else {
    const refusal = inspect(request.message, request.hop.transport, core.control.serves(method));
    if (refusal !== null) refuseNew(core, request, 'unacceptable', refusal);
    else if (request.toTag !== '' || DIALOG_METHODS.has(method)) onDialogRequest(core, request);
    else onNewRequest(core, request);
  }
}

function onNewRequest(core: Core, request: RequestEnvelope): void {
  const { method } = request.message;
  // Here and without state: a flood of them must not reach the application, where calls would wait for it.
  if (method === 'OPTIONS') {
    answerOptions(core, request);
    return;
  }
  if (core.transactions.isMerged(request)) {
    refuseNew(core, request, 'loop', { status: 482 });
    return;
  }
  const app = chooseApp(core, request);
  if (app === null) return;
  if (method === 'INVITE') onInvite(core, request, app);
  else forward(core, request, { app, dialog: null, opensDialog: method === 'SUBSCRIBE', localTag: newTag() });
}

/** The application for a new request; null when it was answered because there is none. */
function chooseApp(core: Core, request: RequestEnvelope): AppConnection | null {
  const { method } = request.message;
  const refusing = core.state.draining && method === 'INVITE';
  const app = refusing ? null : freeApp(core, method);
  if (app !== null) return app;
  // RFC 3261 §8.2.1: a method nobody here serves is 405; one that somebody would serve if he were there is 503.
  const unserved = core.control.applications > 0 && !core.control.serves(method) && method !== 'INVITE';
  if (unserved) refuseNew(core, request, 'method', { status: 405, headers: [{ name: 'Allow', value: ALLOW }] });
  else if (core.state.draining) refuseNew(core, request, 'draining', { status: 503, headers: [retryAfter(30)] });
  else refuseNew(core, request, 'no-application', { status: 503, headers: [retryAfter(5)] });
  return null;
}

/** OPTIONS (RFC 3261 §11.2): 200 exactly when an INVITE would be taken, so that a balancer sees a drain at once. */
function answerOptions(core: Core, request: RequestEnvelope): void {
  const open = core.state.opened && !core.state.draining && core.control.serves('INVITE');
  const headers = [
    { name: 'Allow', value: ALLOW },
    { name: 'Accept', value: 'application/sdp' },
    { name: 'Accept-Encoding', value: 'identity' },
    { name: 'Supported', value: [...SUPPORTED].join(', ') },
    { name: 'Contact', value: core.transports.contact(request.hop) },
  ];
  answerStateless(core, request, open ? { status: 200, headers } : { status: 503, headers: [...headers, retryAfter(5)] });
}

function onInvite(core: Core, request: RequestEnvelope, app: AppConnection): void {
  const minSeconds = core.timers.minSession / 1000;
  if (sessionRequest(request, minSeconds) === 'too small') {
    refuseNew(core, request, 'unacceptable', {
      status: 422,
      reason: 'Session Interval Too Small',
      headers: [{ name: 'Min-SE', value: String(minSeconds) }],
    });
    return;
  }
  const localTag = newTag();
  const dialog = Dialog.answering(request, app, localTag);
  const pending = forward(core, request, { app, dialog, opensDialog: true, localTag });
  const seconds = expires(request);
  if (seconds !== null) {
    core.pending.limit(pending, seconds * 1000, () => {
      finishInvite(core, pending, { status: 487, reason: 'Invitation expired' });
    });
  }
}

/** How long an invitation holds, s (RFC 3261 §13.3.1, §20.19); null when it does not say, or says more than anybody rings. */
function expires(invite: RequestEnvelope): number | null {
  const value = header(invite.message, 'Expires') ?? '';
  return /^\d{1,5}$/.test(value) ? Number(value) : null;
}
