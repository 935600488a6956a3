import type { LogSummary } from '../../../lib/log/log-summary.js';
import type { Logger } from '../../../lib/log/log.js';
import { composeAnswer, type ResponseFields } from '../message/compose.js';
import type { AppConnection } from '../control/app-connection.js';
import type { ControlPort } from '../control/port.js';
import type { Dialogs } from '../dialog/dialogs.js';
import type { RequestEnvelope } from '../message/envelope.js';
import { serialize, type SipHeader } from '../message/message.js';
import type { Timers } from '../options.js';
import type { RefusalCounts, SipRefusal } from '../refusals.js';
import type { ServerTransaction, TransactionLayer } from '../transaction/layer.js';
import { responseHop } from '../message/response-route.js';
import type { Transports } from '../transport/transports.js';
import type { Hop } from '../message/hop.js';
import type { SipTimers } from '../transaction/wheel.js';
import type { PendingRequests } from './pending.js';
import type { SessionTimers } from './session-timer.js';
import type { UnackedAnswers } from './unacked.js';

/** Characters of a method that stand in the log. */
const MOST_NAMED = 32;

/** An INVITE of ours, as far as others than its own class need it. */
export interface OutgoingCall {
  readonly app: AppConnection;
  readonly hop: Hop;
  /** Cancels it (RFC 3261 §9.1); false when it has had its final answer. */
  cancel(added: readonly SipHeader[]): boolean;
  /** The CANCEL, as it is or will be sent. */
  cancelBytes(): Buffer;
  /** The application is gone: what is still asked is cancelled, what was answered is acknowledged. */
  abandon(): void;
  /** Sends the application's ACK of the 2xx. */
  acknowledge(ack: AppAck): void;
}

/** What an application puts into an ACK. */
export interface AppAck {
  readonly headers: readonly SipHeader[];
  readonly body: Buffer;
  /** Told where it went, as sent. */
  readonly sent: (ack: { readonly hop: Hop; readonly bytes: Buffer; readonly transactionId: string }) => void;
}

/** What the verbs of the user agent work on. Each part guards its own state. */
export interface Core {
  readonly timers: Timers;
  readonly wheel: SipTimers;
  readonly transports: Transports;
  readonly transactions: TransactionLayer;
  readonly dialogs: Dialogs;
  readonly control: ControlPort;
  /** Requests from the network that an application has yet to answer. */
  readonly pending: PendingRequests;
  /** INVITEs of ours by transaction id, until their final answer. */
  readonly calling: Map<string, OutgoingCall>;
  /** Answered INVITEs of ours by dialog id: the ones an ACK of the application means. */
  readonly answered: Map<string, OutgoingCall>;
  readonly unacked: UnackedAnswers;
  readonly sessionTimers: SessionTimers;
  readonly log: Logger;
  /** Tag of answers that keep no state (RFC 3261 §8.2.7): the same for every repeat of a request. */
  readonly statelessTag: string;
  /** User-Agent and Server, or none. */
  readonly userAgent: string | null;
  /** Requests inside dialogs go where Contact and Route say, and nowhere else. */
  readonly strictContact: boolean;
  readonly state: { draining: boolean; /** Somebody takes calls behind the application. */ opened: boolean };
  readonly refusals: RefusalCounts;
  /** Names the sources of what is turned away, in a bounded number of lines. */
  readonly turnedAway: LogSummary;
}

/** Counts a message that is turned away, and names its source in the log. */
export function turnAway(core: Core, reason: SipRefusal, hop: Hop, detail: object = {}): void {
  core.refusals.count(reason);
  core.turnedAway.add({ source: hop.address, reason }, detail);
}

/**
 * Refuses a new request: answers without keeping state. It is counted and its source is named, unless it belongs to a dialog, where
 * nothing begins.
 */
export function refuseNew(core: Core, request: RequestEnvelope, reason: SipRefusal, answer: ResponseFields): void {
  const { message, toTag, hop } = request;
  if (toTag === '') turnAway(core, reason, hop, { method: message.method.slice(0, MOST_NAMED), status: answer.status });
  answerStateless(core, request, answer);
}

/**
 * Answers without keeping state (RFC 3261 §8.2.7): a repeat of the request gets the same answer again, an ACK to it is ignored.
 * Floods of refused requests thus cost no memory.
 */
export function answerStateless(core: Core, request: RequestEnvelope, answer: ResponseFields): void {
  if (request.message.method === 'ACK') return;
  const headers = withServer(core, answer.headers ?? []);
  const bytes = serialize(composeAnswer(request, { ...answer, toTag: core.statelessTag, headers }));
  core.transports.send(bytes, responseHop(request), () => undefined);
}

/** Opens a server transaction, answers finally by it and tells no application. */
export function answerAlone(core: Core, request: RequestEnvelope, answer: ResponseFields): void {
  answerTransaction(core, core.transactions.serve(request), answer);
}

/** Answers by an open transaction; false when it has had its final answer. */
export function answerTransaction(core: Core, transaction: ServerTransaction, answer: ResponseFields): boolean {
  const headers = withServer(core, answer.headers ?? []);
  const bytes = serialize(composeAnswer(transaction.envelope, { toTag: core.statelessTag, ...answer, headers }));
  return core.transactions.respond(transaction, answer.status, bytes);
}

/** Adds `Server` when there is a name to tell. */
export function withServer(core: Core, headers: readonly SipHeader[]): readonly SipHeader[] {
  if (core.userAgent === null || headers.some(({ name }) => name === 'Server')) return headers;
  return [...headers, { name: 'Server', value: core.userAgent }];
}

/** Adds `User-Agent` when there is a name to tell. */
export function withUserAgent(core: Core, headers: readonly SipHeader[]): readonly SipHeader[] {
  if (core.userAgent === null || headers.some(({ name }) => name === 'User-Agent')) return headers;
  return [...headers, { name: 'User-Agent', value: core.userAgent }];
}

/** `Retry-After` for a peer that should not come back all at once with the others, s. */
export function retryAfter(seconds: number): SipHeader {
  return { name: 'Retry-After', value: String(seconds) };
}

/** Whether an application takes new calls right now. */
export function freeApp(core: Core, method: string): AppConnection | null {
  const app = core.control.choose(method);
  return app?.busy === true ? null : app;
}
