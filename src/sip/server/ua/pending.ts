import type { AppConnection } from '../control/app-connection.js';
import type { Dialog } from '../dialog/dialog.js';
import type { ServerTransaction } from '../transaction/layer.js';
import type { TimerWheel, WheelTimer } from '../wheel.js';
import type { ReliableProvisional } from './reliable.js';

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
  /** When the application must have answered. */
  deadline: WheelTimer | null;
}

/** What applications have yet to answer. */
export class PendingRequests {
  readonly #byTransaction = new Map<string, PendingRequest>();
  readonly #invites = new Map<Dialog, PendingRequest>();

  constructor(private readonly wheel: TimerWheel) {}

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

  /** The request has had its final answer. */
  remove(request: PendingRequest): void {
    const { dialog } = request;
    this.wheel.cancel(request.deadline);
    request.reliable?.stop();
    this.#byTransaction.delete(request.transaction.id);
    if (dialog !== null && this.#invites.get(dialog) === request) this.#invites.delete(dialog);
  }

  ownedBy(app: AppConnection): PendingRequest[] {
    return [...this.#byTransaction.values()].filter((request) => request.app === app);
  }
}
