import type { AppConnection } from '../control/app-connection.js';
import type { RequestEnvelope } from '../envelope.js';
import { dialogId, type Dialog } from './dialog.js';

/** All dialogs. */
export class Dialogs {
  readonly #byId = new Map<string, Dialog>();

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
    const { callId, fromTag, toTag } = request;
    const dialog = this.#byId.get(dialogId(callId, fromTag)) ?? this.#byId.get(dialogId(callId, toTag)) ?? null;
    return dialog?.localTag === toTag && dialog.remoteTag === fromTag ? dialog : null;
  }

  /** The dialogs of one application. */
  ownedBy(app: AppConnection): Dialog[] {
    return [...this.#byId.values()].filter((dialog) => dialog.app === app);
  }
}
