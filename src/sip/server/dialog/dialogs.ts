import type { AppConnection } from '../control/app-connection.js';
import type { RequestEnvelope } from '../envelope.js';
import { dialogId, type Dialog } from './dialog.js';

/** All dialogs. */
export class Dialogs {
  readonly #byId = new Map<string, Dialog>();
  /** Ended by a BYE of ours that is not over yet. */
  readonly #leaving = new Map<string, Dialog>();

  get size(): number {
    return this.#byId.size;
  }

  get(id: string): Dialog | null {
    return this.#byId.get(id) ?? null;
  }

  add(dialog: Dialog): void {
    this.#byId.set(dialog.id, dialog);
  }

  /** Forgets a dialog, unless another has taken its id. */
  remove(dialog: Dialog): void {
    dialog.end();
    if (this.#byId.get(dialog.id) === dialog) this.#byId.delete(dialog.id);
  }

  /** The dialog a request belongs to: Call-ID and both tags must match (§12.2.2). */
  find(request: RequestEnvelope): Dialog | null {
    return match(this.#byId, request);
  }

  /** A BYE of ours is on its way in an ended dialog. */
  leave(dialog: Dialog): void {
    this.#leaving.set(dialog.id, dialog);
  }

  /** That BYE has had its answer, or never will. */
  left(dialog: Dialog): void {
    if (this.#leaving.get(dialog.id) === dialog) this.#leaving.delete(dialog.id);
  }

  /** Whether a request belongs to a dialog that a BYE of ours is ending: the far end's own BYE may have crossed it (RFC 5407 §3.2.1). */
  isLeaving(request: RequestEnvelope): boolean {
    return match(this.#leaving, request) !== null;
  }

  /** The dialogs of one application. */
  ownedBy(app: AppConnection): Dialog[] {
    return [...this.#byId.values()].filter((dialog) => dialog.app === app);
  }
}

function match(dialogs: ReadonlyMap<string, Dialog>, { callId, fromTag, toTag }: RequestEnvelope): Dialog | null {
  const dialog = dialogs.get(dialogId(callId, fromTag)) ?? dialogs.get(dialogId(callId, toTag)) ?? null;
  return dialog?.localTag === toTag && dialog.remoteTag === fromTag ? dialog : null;
}
