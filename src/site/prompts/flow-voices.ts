import type { Config } from '../config/config.js';
import type { Flow } from '../../flow/document/document.js';
import { CODES } from '../../lib/codes.js';
import { problem, type Problem } from '../../lib/problem.js';
import { providerSpeaks, installedVoices } from '../../speech/voices/installed.js';
import { chooseProvider, unknownProviders } from '../../speech/voices/provider-choice.js';

/*
 * Which languages flows speak, and whether anybody on this machine speaks them.
 */

/** True when somebody speaks this BCP 47 language. */
export type Speaks = (language: string) => boolean;

/** Texts of a widget that nobody on this machine can speak. */
export interface Unspoken {
  readonly flow: string;
  readonly widget: string;
  /** BCP 47 */
  readonly language: string;
}

/** The texts of flows, fixed or made of variables, that nobody can speak: each widget and language once. */
export function unspokenTexts(flows: Iterable<Flow>, speaks: Speaks): readonly Unspoken[] {
  return [...flows].flatMap((flow) =>
    [...flow.widgets.values()].flatMap(({ id, definition, config }) => {
      const segments = (definition.prompts?.(config) ?? []).flat();
      const languages = segments.flatMap((segment) => ('say' in segment ? [segment.language ?? flow.document.language] : []));
      const mute = [...new Set(languages)].filter((language) => !speaks(language));
      return mute.map((language) => ({ flow: flow.id, widget: id, language }));
    }),
  );
}

/** What is wrong with the languages of a site on this machine: of its flows, of its goodbye, and providers that are not installed. */
export async function speechProblems(
  { speech, goodbyeLanguage }: Pick<Config, 'speech' | 'goodbyeLanguage'>,
  flows: Iterable<Flow>,
  look: typeof installedVoices = installedVoices,
): Promise<readonly Problem[]> {
  const voices = (await look()).map((face) => ({
    name: face.name,
    speaks: (language: string) => providerSpeaks(face, language),
  }));
  const unknown = unknownProviders(voices, speech).map((name) => {
    const message = `There is no speech provider “${name}” on this machine; there are ${voices.map((voice) => voice.name).join(', ')}.`;
    return problem('SPEECH_FAILED', { file: 'offhook.json', path: '$.speech', message });
  });
  const speaks: Speaks = (language) => chooseProvider(voices, speech, language) !== null;
  const code = 'SPEECH_LANGUAGE_UNSUPPORTED';
  const mute = unspokenTexts(flows, speaks).map(({ flow, widget, language }) => {
    const message = `No voice on this machine speaks “${language}”, so callers do not hear the text.`;
    return problem(code, { file: `flow ${flow}`, path: `$.widgets.${widget}`, message });
  });
  if (speaks(goodbyeLanguage)) return [...unknown, ...mute];
  const message = `No voice on this machine speaks “${goodbyeLanguage}”, so the goodbye is said in English instead.`;
  const advice = `${CODES[code].advice} Or set goodbyeLanguage to a language that is spoken here.`;
  return [...unknown, ...mute, problem(code, { file: 'offhook.json', path: '$.goodbyeLanguage', message }, { advice })];
}

/** Flows that numbers lead to, and what nobody can speak in them. */
export interface MuteFlows {
  /** How many flows numbers lead to. */
  readonly routed: number;
  /** Those of them with a text that nobody can speak, and its languages. */
  readonly mute: readonly { readonly flow: string; readonly languages: readonly string[] }[];
}

/** The flows that calls get now, as far as nobody on this machine can speak them. */
export function muteFlows({ routing }: Pick<Config, 'routing'>, flows: ReadonlyMap<string, Flow>, speaks: Speaks): MuteFlows {
  const ids = new Set([...routing.numbers.map(({ flow }) => flow), ...(routing.default === null ? [] : [routing.default])]);
  const routed = [...ids].flatMap((id) => flows.get(id) ?? []);
  const mute = routed.flatMap((flow) => {
    const languages = [...new Set(unspokenTexts([flow], speaks).map(({ language }) => language))];
    return languages.length === 0 ? [] : [{ flow: flow.id, languages }];
  });
  return { routed: routed.length, mute };
}
