import type { PromptSegment } from '../../speech/types.js';
import { gainOf, reachEar, sessionClosed, type CallFailure, type CallInternals } from './verb.js';

export interface CollectRequest {
  readonly prompt: readonly PromptSegment[];
  /** −1 … 1. */
  readonly level: number;
  readonly bargeIn: boolean;
  readonly min: number;
  readonly max: number;
  readonly endOn: string;
  readonly allow: string;
  readonly firstDigitTimeoutMs: number;
  readonly interDigitTimeoutMs: number;
  readonly typeAhead: boolean;
  /** The digits are nobody's business: they do not become `$call.dtmf`. */
  readonly mask: boolean;
}

interface KeyPress {
  readonly key: string;
  readonly at: number;
}

export type CollectAnswer =
  | {
      readonly kind: 'collected';
      readonly digits: string;
      readonly endedBy: 'max' | 'terminator' | 'timeout';
      readonly keys: readonly KeyPress[];
    }
  | {
      readonly kind: 'tooShort';
      readonly digits: string;
      readonly endedBy: 'max' | 'terminator' | 'timeout';
      readonly keys: readonly KeyPress[];
    }
  | { readonly kind: 'noInput' }
  | CallFailure;

/** What was taken until the signal fired. */
export interface CollectLeft {
  readonly kind: 'left';
  readonly digits: string;
  readonly keys: readonly KeyPress[];
}

/** Plays a prompt (if any) and gathers digits; answers first if need be. A signal that fires after the first key makes it `left`. */
export async function collect(
  call: CallInternals,
  request: CollectRequest,
  signal: AbortSignal,
): Promise<CollectAnswer | CollectLeft> {
  const audio = await reachEar(call, request.prompt, signal);
  if (!audio.ok) return audio.error;
  const { bargeIn, min, max, endOn, allow, firstDigitTimeoutMs, interDigitTimeoutMs, typeAhead } = request;
  const rules = { bargeIn, min, max, endOn, allow, firstDigitTimeoutMs, interDigitTimeoutMs, typeAhead };
  const end = await call.session.collect({ ...rules, prompt: audio.value, gainDb: gainOf(request.level) }, signal);
  if (end.kind === 'closed') return sessionClosed(call);
  if (end.kind === 'noInput') return end;
  if (!request.mask) call.noteDigits(end.digits);
  // Its session closed under it.
  if (end.kind === 'left' && !signal.aborted) sessionClosed(call);
  return end;
}
