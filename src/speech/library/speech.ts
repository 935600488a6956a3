import { background } from '../../lib/log/background.js';
import type { Logger } from '../../lib/log/log.js';
import { err, ok, type Result } from '../../lib/result.js';
import { adoptAudio, makeAudio } from '../../media/codec/make-audio.js';
import type { AudioMemory, Loaded } from './audio-memory.js';
import { providersFor, type SpeechChoice } from '../voices/provider-choice.js';
import { SAMPLE_RATE } from '../../media/codec/frame.js';
import { findUnreadText } from '../voices/scripts.js';
import { speechKey, type SpeechCache } from './speech-cache.js';
import type { Encoded } from '../voices/speech-jobs.js';
import type { SpeechPool, Urgency } from '../voices/speech-pool.js';
import { MAX_SPOKEN_CHARACTERS, speakable } from '../voices/spoken-text.js';
import { trimSpeech } from '../files/trim.js';
import type { LoadOptions, Pcm, PromptError, SpeechProvider, SpeechRequest } from '../types.js';
import type { Segment } from '../../model/segment.js';

type Say = Segment & { readonly kind: 'say' };

export interface SpeechOptions {
  readonly providers: readonly SpeechProvider[];
  readonly choice: SpeechChoice;
  readonly pool: SpeechPool;
  readonly memory: AudioMemory;
  /** Null keeps nothing on disk. */
  readonly cache: SpeechCache | null;
  readonly log: Pick<Logger, 'error'>;
}

/** Spoken text as audio: from memory, else from disk, else rendered. */
export class Speech {
  constructor(private readonly parts: SpeechOptions) {}

  /** `language` is used where the segment names none. */
  async load(segment: Say, language: string, { background = false, leftOut }: LoadOptions): Promise<Loaded> {
    const text = speakable(segment.text);
    // Nothing to say is said in no time: the shortest audio there is, one frame.
    if (text === '') return ok(makeAudio(new Int16Array(0)));
    if (text.length > MAX_SPOKEN_CHARACTERS) {
      const message = `the text has ${text.length} characters, at most ${MAX_SPOKEN_CHARACTERS} are spoken`;
      return err({ code: 'PROMPT_TOO_LARGE', message });
    }
    const request: SpeechRequest = { text, language: segment.language ?? language, voice: segment.voice ?? null };
    const [provider, ...others] = this.#providers(request.language);
    if (provider === undefined) {
      const message = `no speech provider speaks ${JSON.stringify(request.language.slice(0, 50))}`;
      return err({ code: 'SPEECH_LANGUAGE_UNSUPPORTED', message });
    }
    // Only the bundled voice has no words for pictures.
    const unread = findUnreadText(text, request.language, { symbols: provider.name !== 'flite' });
    if (unread !== null) {
      const { words, scripts } = unread;
      leftOut?.({ key: speechKey(provider, request), words, scripts, language: request.language, provider: provider.name });
    }
    if (unread?.all === true) {
      const message = `${provider.name} reads nothing of the text in ${request.language}${of(unread.scripts)}`;
      return err({ code: 'SPEECH_UNREADABLE', message });
    }
    let loaded = await this.#speak(provider, request, segment, background);
    // A voice that is gone since the start gives way to another of the same language; names of voices are the provider's own.
    for (const other of others) {
      if (loaded.ok || loaded.error.code !== 'SPEECH_FAILED') return loaded;
      const { code, message } = loaded.error;
      this.parts.log.error({ code, provider: provider.name, instead: other.name, problem: message }, 'another voice speaks');
      loaded = await this.#speak(other, { ...request, voice: null }, segment, background);
    }
    return loaded;
  }

  speaks(language: string): boolean {
    return this.#providers(language).length > 0;
  }

  #providers(language: string): readonly SpeechProvider[] {
    return providersFor(this.parts.providers, this.parts.choice, language);
  }

  async #speak(provider: SpeechProvider, request: SpeechRequest, segment: Say, background: boolean): Promise<Loaded> {
    const key = speechKey(provider, request);
    if (segment.private === true) {
      const render = async (urgency: Urgency): Promise<Loaded> => adopt(await this.#render(provider, request, urgency));
      return await this.parts.memory.once(`private ${key}`, { background, keep: false }, render);
    }
    return await this.parts.memory.once(`say ${key}`, { background, keep: true }, (urgency) =>
      this.#cached(key, urgency, () => this.#render(provider, request, urgency)),
    );
  }

  async #cached(key: string, urgency: Urgency, render: () => Promise<Result<Encoded, PromptError>>): Promise<Loaded> {
    const { cache } = this.parts;
    const stored = await cache?.get(key);
    if (stored !== undefined && stored !== null)
      return adopt(await this.#encode({ samples: stored, sampleRate: SAMPLE_RATE }, urgency));
    const rendered = await render();
    // Nobody waits for the disk.
    if (rendered.ok && cache !== null)
      background('keeping rendered speech', this.parts.log, () => cache.put(key, rendered.value.samples));
    return adopt(rendered);
  }

  async #render(provider: SpeechProvider, request: SpeechRequest, urgency: Urgency): Promise<Result<Encoded, PromptError>> {
    const rendered = await provider.render(request, urgency);
    return rendered.ok ? await this.#encode(trimSpeech(rendered.value, request.text), urgency) : rendered;
  }

  async #encode(pcm: Pcm, urgency: Urgency): Promise<Result<Encoded, PromptError>> {
    const encoded = await this.parts.pool.run({ kind: 'encode', pcm }, urgency);
    return encoded === null
      ? err({ code: 'SPEECH_FAILED', message: 'the speech worker ended or took too long; the log says why' })
      : ok(encoded);
  }
}

const of = (scripts: readonly string[]): string => (scripts.length === 0 ? '' : `, which is written in ${scripts.join(', ')}`);

/** The worker's audio under an id of this thread. */
function adopt(encoded: Result<Encoded, PromptError>): Loaded {
  return encoded.ok ? ok(adoptAudio(encoded.value.audio)) : encoded;
}
