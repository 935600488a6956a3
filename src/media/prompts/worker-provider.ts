import { err } from '../../lib/result.js';
import type { ProviderFace } from './speech-jobs.js';
import type { SpeechPool } from './speech-pool.js';
import type { SpeechProvider } from './types.js';

/** The face on this thread of a provider that lives in the speech workers. */
export function workerProvider(pool: SpeechPool, { name, version, languages }: ProviderFace): SpeechProvider {
  return {
    name,
    version,
    speaks(language) {
      const tag = language.toLowerCase();
      const [primary = tag] = tag.split('-');
      return languages.some((each) => each === tag || each === primary || each.startsWith(`${primary}-`));
    },
    async render(request, urgency) {
      const rendered = await pool.run({ kind: 'render', provider: name, request }, urgency);
      return rendered ?? err({ code: 'SPEECH_FAILED', message: `${name} took too long or ended; the log says why` });
    },
  };
}
