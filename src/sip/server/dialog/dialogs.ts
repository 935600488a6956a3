import type { AppConnection } from '../control/app-connection.js';
import type { RequestEnvelope } from '../message/envelope.js';
import type { Dialog } from './dialog.js';

/** All dialogs, by the id that applications know and by what a request of the far end names (RFC 3261 §12). */
export class Dialogs {
  readonly #byId = new Map<string, Dialog>();
  /** By Call-ID and the tag of our side, which no two dialogs share while both live. */
  readonly #byLocalTag = new Map<string, Dialog>();
  /** Ended by a BYE of ours that is not over yet; by Call-ID and both tags, for the branches of a fork share ours. */
  readonly #leaving = new Map<string, Dialog>();

  get size(): number {
    return this.#byId.size;
  }

  get(id: string): Dialog | null {
    return this.#byId.get(id) ?? null;
  }

  /** Adds a dialog, or does nothing when it is there. It gets an id of its own when another has the one it came with. */
  add(dialog: Dialog): void {
    const holder = this.#byId.get(dialog.id);
    if (holder === dialog) return;
    if (holder !== undefined) dialog.distinguish();
    this.#byId.set(dialog.id, dialog);
    this.#byLocalTag.set(localKey(dialog.callId, dialog.localTag), dialog);
  }

  /** Forgets a dialog. */
  remove(dialog: Dialog): void {
    dialog.end();
    if (this.#byId.get(dialog.id) === dialog) this.#byId.delete(dialog.id);
    const key = localKey(dialog.callId, dialog.localTag);
    if (this.#byLocalTag.get(key) === dialog) this.#byLocalTag.delete(key);
  }

  /** The dialog a request belongs to: Call-ID and both tags must match (RFC 3261 §12.2.2). */
  find({ callId, fromTag, toTag }: RequestEnvelope): Dialog | null {
    const dialog = this.#byLocalTag.get(localKey(callId, toTag));
    return dialog?.remoteTag === fromTag ? dialog : null;
  }

  /** A BYE of ours is on its way in an ended dialog. */
  leave(dialog: Dialog): void {
    this.#leaving.set(leavingKey(dialog.callId, dialog.localTag, dialog.remoteTag), dialog);
  }

  /** That BYE has had its answer, or never will. */
  left(dialog: Dialog): void {
    const key = leavingKey(dialog.callId, dialog.localTag, dialog.remoteTag);
    if (this.#leaving.get(key) === dialog) this.#leaving.delete(key);
  }

  /**
   * Whether a request belongs to a dialog that a BYE of ours is ending: the far end's own BYE may have crossed it (RFC 5407
   * §3.2.1).
   */
  isLeaving({ callId, fromTag, toTag }: RequestEnvelope): boolean {
    return this.#leaving.has(leavingKey(callId, toTag, fromTag));
  }

  /** The dialogs of one application. */
  ownedBy(app: AppConnection): Dialog[] {
    return [...this.#byId.values()].filter((dialog) => dialog.app === app);
  }
}

function localKey(callId: string, localTag: string): string {
  return `${callId}|${localTag}`;
}

function leavingKey(callId: string, localTag: string, remoteTag: string): string {
  return `${callId}|${localTag}|${remoteTag}`;
}
