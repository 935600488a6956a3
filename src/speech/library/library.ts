import { webcrypto } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { jobFailed } from '../../lib/log/background.js';
import { errorMessage } from '../../lib/error-message.js';
import type { Logger } from '../../lib/log/log.js';
import { err, ok, type Result } from '../../lib/result.js';
import type { Audio } from '../../media/codec/audio.js';
import { adoptAudio } from '../../media/codec/make-audio.js';
import { AudioMemory, type Loaded } from './audio-memory.js';
import { makeBeep } from './beep.js';
import { ESPEAK_COMMAND } from '../voices/installed.js';
import { findPromptFile, readAudioFile, type PromptFile } from './prompt-files.js';
import { unknownProviders, type SpeechChoice } from '../voices/provider-choice.js';
import { Speech } from './speech.js';
import { SpeechCache } from './speech-cache.js';
import { SpeechPool, type Urgency } from '../voices/speech-pool.js';
import type { LoadOptions, PromptError, PromptLibrary, SpeechProvider } from '../types.js';
import type { Segment } from '../../model/segment.js';
import { workerProvider } from '../voices/worker-provider.js';

/** Audio kept in memory unless configured otherwise: about an hour, in every codec. */
const MEMORY_BYTES = 64 * 1024 * 1024;
/** Rendered speech kept on disk unless configured otherwise. */
const CACHE_BYTES = 256 * 1024 * 1024;
/** Audio from a URL is fetched again after this, ms. */
const URL_FRESH_MS = 60_000;
/** URLs, and places of files, remembered. */
const MAX_REMEMBERED = 1000;
/** Whether a file was edited is looked up again after this, ms. Asking the file system costs more than all else about a prompt. */
const FILE_FRESH_MS = 1000;

/** Gets the bytes of an audio file from a URL. The provider of this function guards the address and bounds time and size. */
export type FetchAudio = (url: string) => Promise<Result<Uint8Array, PromptError>>;

export interface PromptLibraryOptions {
  /** Folder of `{ "file": … }` segments; nothing outside it is ever read for them. */
  readonly promptsDir: string;
  /** Folder for rendered speech; null keeps none on disk. */
  readonly cacheDir: string | null;
  readonly cacheMaxBytes?: number;
  readonly memoryMaxBytes?: number;
  /** Path of the platform's default hold music. */
  readonly holdMusicFile: string;
  readonly speech: SpeechChoice;
  /** Name or path of the system's espeak-ng. */
  readonly espeakCommand?: string;
  /** Threads that decode and speak. */
  readonly workers?: number;
  /** Providers besides the bundled ones, e.g. over HTTP. */
  readonly providers?: readonly SpeechProvider[];
  readonly fetchAudio: FetchAudio;
  /** How long an edited file may be heard as it was, ms; a second when absent. */
  readonly fileFreshMs?: number;
  readonly log: Logger;
}

interface LibraryParts {
  readonly options: PromptLibraryOptions;
  readonly pool: SpeechPool;
  readonly memory: AudioMemory;
  readonly cache: SpeechCache | null;
  readonly speech: Speech;
  readonly holdMusic: Audio;
}

class Library implements PromptLibrary {
  readonly beep = makeBeep();
  readonly holdMusic: Audio;
  /** URL → key of its content in memory, while fresh. */
  readonly #urls = new LRUCache<string, string>({ max: MAX_REMEMBERED, ttl: URL_FRESH_MS });
  /** Name in a flow → where the file is and how it was, while fresh. */
  readonly #files: LRUCache<string, PromptFile>;

  constructor(private readonly parts: LibraryParts) {
    this.holdMusic = parts.holdMusic;
    this.#files = new LRUCache({ max: MAX_REMEMBERED, ttl: parts.options.fileFreshMs ?? FILE_FRESH_MS });
  }

  async load(
    segments: readonly Segment[],
    language: string,
    options: LoadOptions = {},
  ): Promise<Result<readonly Audio[], PromptError>> {
    const loaded = await Promise.all(segments.map((segment) => this.#guarded(segment, language, options)));
    const audio: Audio[] = [];
    let unread: Loaded | null = null;
    for (const each of loaded) {
      if (each.ok) audio.push(each.value);
      else if (each.error.code === 'SPEECH_UNREADABLE') unread ??= each;
      else return each;
    }
    return audio.length === 0 && unread?.ok === false ? unread : ok(audio);
  }

  speaks(language: string): boolean {
    return this.parts.speech.speaks(language);
  }

  async close(): Promise<void> {
    await this.parts.pool.close();
    await this.parts.cache?.close();
  }

  /** A bug on the way of one prompt fails that prompt, in this call or ahead of any. */
  async #guarded(segment: Segment, language: string, options: LoadOptions): Promise<Loaded> {
    try {
      return await this.#segment(segment, language, options);
    } catch (error) {
      jobFailed('loading a prompt', this.parts.options.log, error);
      return err({ code: 'PROMPT_UNREADABLE', message: `the prompt could not be loaded: ${errorMessage(error)}` });
    }
  }

  #segment(segment: Segment, language: string, options: LoadOptions): Promise<Loaded> {
    const { background = false } = options;
    switch (segment.kind) {
      case 'file':
        return this.#file(segment.file, background);
      case 'url':
        if (segment.refused !== undefined) {
          return Promise.resolve(err({ code: 'PROMPT_FETCH_FAILED', message: `the prompt is not fetched: ${segment.refused}` }));
        }
        return this.#url(segment.url, background);
      case 'say':
        return this.parts.speech.load(segment, language, options);
    }
  }

  async #file(name: string, background: boolean): Promise<Loaded> {
    const found = await this.#find(name);
    if (!found.ok) return found;
    const { path, revision } = found.value;
    return await this.parts.memory.once(`file ${path} ${revision}`, { background, keep: true }, async (urgency) => {
      const bytes = await readAudioFile(path);
      return bytes.ok ? await decode(this.parts.pool, bytes.value, urgency) : bytes;
    });
  }

  async #find(name: string): Promise<Result<PromptFile, PromptError>> {
    const known = this.#files.get(name);
    if (known !== undefined) return ok(known);
    const found = await findPromptFile(this.parts.options.promptsDir, name);
    if (found.ok) this.#files.set(name, found.value);
    return found;
  }

  /** Fetched at most once a minute; decoded only when the bytes are new. */
  async #url(url: string, background: boolean): Promise<Loaded> {
    const { memory, options, pool } = this.parts;
    const known = memory.get(this.#urls.get(url) ?? '');
    if (known !== undefined) return ok(known);
    return await memory.once(`url ${url}`, { background, keep: false }, async (urgency) => {
      const bytes = await options.fetchAudio(url);
      if (!bytes.ok) return bytes;
      const digest = await webcrypto.subtle.digest('SHA-256', bytes.value);
      const key = `bytes ${Buffer.from(digest).toString('hex')}`;
      const loaded = await memory.once(key, { background: urgency.background, keep: true }, (inner) =>
        decode(pool, bytes.value, inner),
      );
      if (loaded.ok) this.#urls.set(url, key);
      return loaded;
    });
  }
}

/** An audio file's bytes as audio of this thread. */
async function decode(pool: SpeechPool, bytes: Uint8Array, urgency: Urgency): Promise<Loaded> {
  const decoded = await pool.run({ kind: 'decode', bytes }, urgency);
  if (decoded === null) {
    return err({ code: 'PROMPT_UNREADABLE', message: 'decoding the file took too long or failed; the log says why' });
  }
  return decoded.ok ? ok(adoptAudio(decoded.value.audio)) : decoded;
}

/**
 * Starts the speech worker, finds the speech providers, loads the hold music. Fails when the hold music cannot be played or the
 * configuration names a speech provider that is not there: better at start than in a caller's ear.
 */
export async function createPromptLibrary(options: PromptLibraryOptions): Promise<Result<PromptLibrary, PromptError>> {
  const { log, cacheDir, cacheMaxBytes = CACHE_BYTES } = options;
  const data = { espeakCommand: options.espeakCommand ?? ESPEAK_COMMAND };
  const pool = new SpeechPool({ workers: options.workers ?? 1, data, log });
  const memory = new AudioMemory(options.memoryMaxBytes ?? MEMORY_BYTES);
  const urgency = { background: false };

  const [faces, music] = await Promise.all([
    pool.run({ kind: 'providers' }, urgency),
    readAudioFile(options.holdMusicFile).then((bytes) => (bytes.ok ? decode(pool, bytes.value, urgency) : bytes)),
  ]);
  const providers = [...(options.providers ?? []), ...(faces ?? []).map((face) => workerProvider(pool, face))];
  const [unknown] = unknownProviders(providers, options.speech);
  if (!music.ok || unknown !== undefined) {
    await pool.close();
    if (!music.ok) return err({ ...music.error, message: `hold music: ${music.error.message}` });
    const installed = providers.map(({ name }) => name).join(', ');
    return err({ code: 'SPEECH_FAILED', message: `no speech provider "${unknown ?? ''}" is installed; there are ${installed}` });
  }
  log.info({ providers: providers.map(({ name, version }) => `${name} ${version}`) }, 'speech providers found');

  const cache = cacheDir === null ? null : new SpeechCache({ dir: cacheDir, maxBytes: cacheMaxBytes, log });
  const speech = new Speech({ providers, choice: options.speech, pool, memory, cache, log });
  return ok(new Library({ options, pool, memory, cache, speech, holdMusic: music.value }));
}
