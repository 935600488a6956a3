import type { AppConnection } from '../control/app-connection.js';
import type { Dialog } from '../dialog/dialog.js';
import type { RequestEnvelope } from '../message/envelope.js';
import { header } from '../message/message.js';
import type { ServerTransaction } from '../transaction/layer.js';
import type { SipTimers, WheelTimer } from '../transaction/wheel.js';
import type { ReliableProvisional } from './reliable.js';

/** An answer of the application that waits for the PRACK of the provisional one before it (RFC 3262 §3). */
export interface HeldAnswer {
  readonly commandId: string;
  readonly final: boolean;
  readonly send: () => void;
}

/** A request from the network that an application has to answer. */
export interface PendingRequest {
  readonly transaction: ServerTransaction;
  readonly app: AppConnection;
  /** The dialog it came in, or the one it makes; null for neither. */
  readonly dialog: Dialog | null;
  /** It is an INVITE (or SUBSCRIBE) from outside any dialog. */
  readonly opensDialog: boolean;
  /** Our tag in the answers. */
  readonly localTag: string;
  /** The provisional answer that waits for its PRACK. */
  reliable: ReliableProvisional | null;
  /** What the application has said since, in order. */
  readonly held: HeldAnswer[];
  /** When the application must have answered. */
  deadline: WheelTimer | null;
  /** When the far end's invitation expires, whatever the application has said by then; absent: never. */
  expiry?: WheelTimer;
}

/** What applications have yet to answer. */
export class PendingRequests {
  readonly #byTransaction = new Map<string, PendingRequest>();
  readonly #invites = new Map<Dialog, PendingRequest>();
  /** Reliable provisional answers without PRACK whose INVITE was refused meanwhile, by {@link prackKey}. */
  readonly #late = new Map<string, WheelTimer>();

  constructor(private readonly wheel: SipTimers) {}

  get size(): number {
    return this.#byTransaction.size;
  }

  add(request: PendingRequest): void {
    const { envelope, id } = request.transaction;
    this.#byTransaction.set(id, request);
    if (request.dialog !== null && envelope.message.method === 'INVITE') this.#invites.set(request.dialog, request);
  }

  get(transactionId: string): PendingRequest | null {
    return this.#byTransaction.get(transactionId) ?? null;
  }

  /** The INVITE or re-INVITE of a dialog that is not answered yet. */
  invite(dialog: Dialog): PendingRequest | null {
    return this.#invites.get(dialog) ?? null;
  }

  /** Starts or restarts the application's time to answer. */
  expect(request: PendingRequest, ms: number, late: () => void): void {
    this.wheel.cancel(request.deadline);
    request.deadline = this.wheel.schedule(ms, late);
  }

  /** The far end waits no longer than this. */
  limit(request: PendingRequest, ms: number, expired: () => void): void {
    request.expiry = this.wheel.schedule(ms, expired);
  }

  /** The request has had its final answer. What was held is not sent any more; the application is told `why`. */
  remove(request: PendingRequest, why = 'the INVITE has its final answer'): void {
    const { dialog } = request;
    this.wheel.cancel(request.deadline);
    this.wheel.cancel(request.expiry ?? null);
    if (request.reliable?.waiting === true) this.#awaitLatePrack(request, request.reliable);
    request.reliable?.stop();
    for (const { commandId } of request.held.splice(0)) request.app.reply(commandId, `NOK|not sent: ${why}`);
    this.#byTransaction.delete(request.transaction.id);
    if (dialog !== null && this.#invites.get(dialog) === request) this.#invites.delete(dialog);
  }

  /** Whether a PRACK acknowledges a provisional answer of an INVITE that was refused before it came; once (RFC 3262 §3). */
  takeLatePrack(prack: RequestEnvelope): boolean {
    const [rseq = '', seq = ''] = (header(prack.message, 'RAck') ?? '').split(/\s+/);
    const key = prackKey(prack, prack.toTag, { rseq: Number(rseq), seq: Number(seq) });
    const timer = this.#late.get(key);
    if (timer === undefined) return false;
    this.wheel.cancel(timer);
    return this.#late.delete(key);
  }

  #awaitLatePrack({ transaction: { envelope }, localTag }: PendingRequest, { rseq, patience }: ReliableProvisional): void {
    const key = prackKey(envelope, localTag, { rseq, seq: envelope.cseq.seq });
    this.#late.set(
      key,
      this.wheel.schedule(patience, () => this.#late.delete(key)),
    );
  }

  ownedBy(app: AppConnection): PendingRequest[] {
    return [...this.#byTransaction.values()].filter((request) => request.app === app);
  }
}

function prackKey({ callId, fromTag }: RequestEnvelope, localTag: string, of: { rseq: number; seq: number }): string {
  return `${callId}|${fromTag}|${localTag}|${of.rseq}|${of.seq}`;
}
