import { DEFAULT_GOODBYE } from '../../lib/goodbye.js';
import type { CallFailure } from '../../model/call-verbs.js';
import type { Operations } from '../widget.js';

/** What the caller hears when nothing caught an error. */
export interface Goodbye {
  readonly text: string;
  /** BCP 47 */
  readonly language: string;
}

/**
 * Speaks the goodbye, answering the call if need be: the site's own, else the one in English, whose voice is built in.
 *
 * @returns why nothing could be said, or null
 */
export async function speakGoodbye(
  call: Pick<Operations['call'], 'play'>,
  goodbye: Goodbye,
  { lastResort }: { readonly lastResort: boolean },
): Promise<CallFailure | null> {
  const same = goodbye.text === DEFAULT_GOODBYE.text && goodbye.language === DEFAULT_GOODBYE.language;
  let failure: CallFailure | null = null;
  for (const { text, language } of same || !lastResort ? [goodbye] : [goodbye, DEFAULT_GOODBYE]) {
    const segments = [{ kind: 'say', text, language }] as const;
    const played = await call.play({ segments, loop: 1, level: 0, bargeIn: false, stopKeys: '' });
    if (played.kind !== 'failed') return null;
    failure = played;
  }
  return failure;
}
