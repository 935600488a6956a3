import type { CallPort } from '../../flow/ports.js';
import type { CallFailure } from '../../model/call-verbs.js';
import { untilAborted } from '../../lib/clock.js';

const noCall: CallFailure = { kind: 'failed', code: 'CALL_ENDED', message: 'a test request has no caller' };

/** A call with nobody on it: whatever is said to it is over at once, and it presses no keys. */
export function silentCall(): CallPort {
  const done = () => Promise.resolve({ kind: 'done' } as const);
  const said = () => Promise.resolve({ kind: 'done', ms: 0 } as const);
  return {
    answer: done,
    play: said,
    collect: () => Promise.resolve({ kind: 'noInput' }),
    startMusic: done,
    stopMusic: done,
    announce: said,
    awaitKey: (_request, signal) => untilAborted(new Promise<never>(() => undefined), signal),
    startRecording: () => Promise.resolve(noCall),
    stopRecording: () => Promise.resolve(noCall),
    hangup: done,
  };
}
