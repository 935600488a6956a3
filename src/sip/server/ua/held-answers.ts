import type { Dialog } from '../dialog/dialog.js';
import type { Core } from './core.js';
import type { HeldAnswer, PendingRequest } from './pending.js';

/** Answers an application may give to one INVITE before the caller has acknowledged the first of them. */
const MOST_HELD = 16;

/**
 * Keeps an answer until the reliable provisional one before it is acknowledged: none may overtake it, and a 2xx that does costs a caller
 * that requires 100rel its call (RFC 3262 §3, §5). Null, or why the answer can never be sent.
 */
export function hold(pending: PendingRequest, answer: HeldAnswer): string | null {
  if (pending.held.some(({ final }) => final)) return 'the INVITE has its final answer';
  if (pending.held.length >= MOST_HELD) return 'too many answers wait for the PRACK of the one before them';
  pending.held.push(answer);
  return null;
}

/** The provisional answer is acknowledged: the next ones go out, up to one that waits for a PRACK of its own. */
export function sendHeld(core: Core, dialog: Dialog | null): void {
  if (dialog === null) return;
  const pending = core.pending.invite(dialog);
  if (pending === null) return;
  while (pending.reliable?.waiting !== true) {
    const next = pending.held.shift();
    if (next === undefined) return;
    next.send();
  }
}
