import type { Logger } from '../../lib/log/log.js';
import type { SdpError } from '../../media/types.js';
import type { CallEvent } from '../../model/call-events.js';
import type { UnreadWords } from '../../speech/types.js';

/** Prompts of one leg for which words that are left out are noted. */
const MOST_LEFT_OUT = 100;

/** What goes wrong on a leg without ending it: a line in the log, and a note in the journal for the author of the flow. */
export class LegNotes {
  /** Prompts that are noted already. */
  readonly #leftOut = new Set<string>();
  #missed = false;

  constructor(
    private readonly log: Logger,
    private readonly onEvent: (event: CallEvent) => void,
  ) {}

  /** A key came that cannot be taken. Noted once, counted always. */
  keyMissed(): void {
    if (this.#missed) return;
    this.#missed = true;
    this.log.warn({ code: 'KEY_MISSED' }, 'a key of the caller cannot be taken');
    this.#note('KEY_MISSED: A key of the caller cannot be taken.');
  }

  /** The provider does not read some words of a prompt. Noted once for each prompt, however often it plays. */
  wordsLeftOut({ key, words, scripts, language, provider }: UnreadWords): void {
    if (this.#leftOut.has(key) || this.#leftOut.size >= MOST_LEFT_OUT) return;
    this.#leftOut.add(key);
    const code = 'SPEECH_UNREADABLE';
    this.log.warn({ code, words, scripts, language, provider }, 'words of a prompt are left out');
    const written = scripts.length === 0 ? '' : ` (${scripts.join(', ')})`;
    this.#note(`${code}: ${words} words${written} were left out: ${provider} does not read them in ${language}.`);
  }

  recordingFailed(message: string): void {
    this.log.error({ code: 'RECORDING_FAILED', reason: message }, 'a recording failed');
    this.#note(`RECORDING_FAILED: ${message}`);
  }

  /** @param ms how much sound of the far end is missing in a recording */
  soundLate(ms: number): void {
    this.log.warn({ code: 'RECORDING_SOUND_LATE', ms }, 'sound of the caller came too late for a recording');
    this.#note(`RECORDING_SOUND_LATE: ${ms} ms of the caller’s sound came too late.`);
  }

  /** A re-INVITE has an offer that the media cannot answer. */
  offerRefused({ code, message }: SdpError): void {
    this.log.info({ code, reason: message }, 're-INVITE refused');
    this.#note(`${code}: ${message}`);
  }

  /** The answer to our offer cannot be used. In the log only: the leg ends by it, or goes on as before. */
  answerUnusable({ code, message }: SdpError): void {
    this.log.warn({ code, reason: message }, 'the answer to our offer has no usable audio');
  }

  #note(text: string): void {
    this.onEvent({ type: 'note', text });
  }
}
