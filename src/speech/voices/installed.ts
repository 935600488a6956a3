import { findEspeak, type Espeak } from './espeak.js';
import { createFlite } from './flite.js';
import type { ProviderInfo } from './speech-jobs.js';

/** Name of the program in the PATH. */
export const ESPEAK_COMMAND = 'espeak-ng';

/** The bundled provider, and espeak-ng where it was found. */
export function providerInfos(espeak: Espeak | null): readonly ProviderInfo[] {
  const { name, version } = createFlite();
  const bundled = { name, version, languages: ['en'] };
  return espeak === null ? [bundled] : [bundled, { name: espeak.name, version: espeak.version, languages: espeak.languages }];
}

/** Who can speak on this machine now; starts nothing that stays. For checks before the start. */
export async function installedVoices(command = ESPEAK_COMMAND): Promise<readonly ProviderInfo[]> {
  return providerInfos(await findEspeak({ command }));
}

/** True when the provider speaks a BCP 47 language: the tag, its primary language or a regional form of that. */
export function providerSpeaks({ languages }: Pick<ProviderInfo, 'languages'>, language: string): boolean {
  const tag = language.toLowerCase();
  const [primary = tag] = tag.split('-');
  return languages.some((each) => each === tag || each === primary || each.startsWith(`${primary}-`));
}
