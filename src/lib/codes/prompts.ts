/** Codes of prompts and speech; part of `CODES`. */
export const PROMPTS_CODES = {
  SPEECH_FAILED: {
    meaning: 'A text could not be spoken: the speech provider is missing, has no such voice, failed or took too long.',
    advice: 'Check the voice and the provider named in the message, and `speech` in the configuration; the log has the details.',
  },
  SPEECH_LANGUAGE_UNSUPPORTED: {
    meaning: 'Nobody on this machine speaks the language of a text: calls that come to it cannot hear it.',
    advice:
      'Install espeak-ng (`apt-get install espeak-ng`), correct the language tag, or play recorded files instead; only English is built in.',
  },
  SPEECH_UNREADABLE: {
    meaning:
      'Words of a text are written in letters that its voice does not read: they are left out. A prompt of nothing else is not played.',
    advice: 'Give the segment the `language` of its text, with a voice that speaks it, or keep such values out of prompts.',
  },
  PROMPT_NOT_FOUND: {
    meaning: 'A prompt file does not exist below the prompts folder.',
    advice:
      'Check the spelling of the path (it is relative to the prompts folder and may not leave it) and that this user may read it.',
  },
  PROMPT_UNREADABLE: {
    meaning: 'An audio file is damaged, empty, or in a format that is not played.',
    advice: 'Save it as WAV (PCM, float, A-law or µ-law), MP3 or Ogg (Opus, Vorbis).',
  },
  PROMPT_TOO_LARGE: {
    meaning: 'An audio file is above 4 MB, a prompt above 10 minutes, or a text above 5,000 characters.',
    advice: 'Shorten it or split it over several segments; 8 kHz mono needs the least space.',
  },
  PROMPT_FETCH_FAILED: {
    meaning: 'Audio could not be fetched from its URL.',
    advice:
      'Check the address, that the server answers within the time allowed, and that the address is not blocked by the guard.',
  },
} as const;

/** Code of a prompt that could not be played, or not whole. */
export type PromptCode = keyof typeof PROMPTS_CODES;

/** True for the code of a prompt that could not be played. */
export function isPromptCode(code: string): code is PromptCode {
  return Object.hasOwn(PROMPTS_CODES, code);
}
