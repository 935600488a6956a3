import type { SpeechProvider } from '../types.js';

/** A provider as far as the choice goes. */
type Voice = Pick<SpeechProvider, 'name' | 'speaks'>;

/** Who speaks what, as configured. */
export interface SpeechChoice {
  /** Name of the provider used unless `languages` says otherwise. */
  readonly provider: string;
  /** BCP 47 tag or primary language → provider name, e.g. `{ "en-GB": "espeak", "de": "espeak" }`. */
  readonly languages?: Readonly<Record<string, string>>;
}

/**
 * The provider for a language: the one configured for the tag, else for its primary language, else the default one, else any
 * other that speaks it. Null when nobody does. One that is configured for the language but does not speak it is passed over.
 */
export function chooseProvider<P extends Voice>(providers: readonly P[], choice: SpeechChoice, language: string): P | null {
  return providersFor(providers, choice, language)[0] ?? null;
}

/** All that speak the language, in the order in which they are asked: when the first fails, the next is heard and not silence. */
export function providersFor<P extends Voice>(providers: readonly P[], choice: SpeechChoice, language: string): readonly P[] {
  const tag = language.toLowerCase();
  const configured = new Map(Object.entries(choice.languages ?? {}).map(([key, name]) => [key.toLowerCase(), name]));
  const order = [configured.get(tag), configured.get(tag.split('-')[0] ?? tag), choice.provider];
  const named = order.flatMap((name) => providers.filter((provider) => provider.name === name));
  return [...new Set([...named, ...providers])].filter((provider) => provider.speaks(language));
}

/** Every provider name the configuration uses that does not exist. */
export function unknownProviders(providers: readonly Pick<Voice, 'name'>[], choice: SpeechChoice): string[] {
  const known = new Set(providers.map(({ name }) => name));
  return [...new Set([choice.provider, ...Object.values(choice.languages ?? {})])].filter((name) => !known.has(name));
}
