import { err, ok, type Result } from '../../lib/result.js';
import { MAX_PROMPT_MS } from '../files/decode.js';
import { providerSpeaks } from './installed.js';
import { concat } from '../files/samples.js';
import type { ProviderInfo } from './speech-jobs.js';
import type { SpeechPool } from './speech-pool.js';
import { spokenPieces } from './spoken-text.js';
import type { Pcm, PromptError, SpeechProvider } from '../types.js';

/**
 * Spoken in one go, characters. The time a sentence takes grows with its square; this is longer than any sensible one. Between two
 * pieces others get their turn.
 */
const PIECE_CHARACTERS = 300;

/** The face on this thread of a provider that lives in the speech workers. */
export function workerProvider(pool: SpeechPool, face: ProviderInfo): SpeechProvider {
  const { name, version } = face;
  return {
    name,
    version,
    speaks: (language) => providerSpeaks(face, language),
    async render(request, urgency) {
      const rendered: Pcm[] = [];
      let spoken = 0;
      for (const text of spokenPieces(request.text, PIECE_CHARACTERS)) {
        spoken += text.length;
        const piece = await pool.run({ kind: 'render', provider: name, request: { ...request, text } }, urgency, spoken);
        if (piece === null) return err({ code: 'SPEECH_FAILED', message: `${name} took too long or ended; the log says why` });
        if (!piece.ok) return piece;
        rendered.push(piece.value);
        if (lengthMs(rendered) > MAX_PROMPT_MS) return tooLong();
      }
      return ok({ samples: concat(rendered.map(({ samples }) => samples)), sampleRate: rendered[0]?.sampleRate ?? 0 });
    },
  };
}

function lengthMs(pieces: readonly Pcm[]): number {
  return pieces.reduce((ms, { samples, sampleRate }) => ms + (samples.length / sampleRate) * 1000, 0);
}

function tooLong(): Result<never, PromptError> {
  return err({ code: 'PROMPT_TOO_LARGE', message: `the spoken text is longer than ${MAX_PROMPT_MS / 1000} s` });
}
