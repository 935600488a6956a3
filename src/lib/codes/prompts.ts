/** Codes of prompts and speech; part of `CODES`. */
export const PROMPTS_CODES = {
  SPEECH_FAILED: {
    meaning: 'A text could not be spoken: the speech provider is missing, has no such voice, failed or took too long.',
    advice:
      'Check the voice and the provider that the message names, and `speech` in the configuration. The log has the details.',
  },
  SPEECH_LANGUAGE_UNSUPPORTED: {
    meaning: 'No voice on this machine speaks the language of a text, so callers do not hear the text.',
    advice:
      'Install espeak-ng (`apt-get install espeak-ng`), correct the language tag, or play recorded files instead. Only English is built in.',
  },
  SPEECH_UNREADABLE: {
    meaning:
      'A text has words in letters that its voice cannot read. The voice leaves these words out. A prompt with no other words is not played.',
    advice: 'Give the segment the `language` of its text and a voice that speaks it, or keep such values out of prompts.',
  },
  PROMPT_NOT_FOUND: {
    meaning: 'A prompt file does not exist below the prompts folder.',
    advice:
      'Check the spelling of the path and that this user may read the file. The path is relative to the prompts folder and may not leave it.',
  },
  PROMPT_UNREADABLE: {
    meaning: 'An audio file is damaged, empty, or in a format that Offhook does not play.',
    advice: 'Save it as WAV (PCM, float, A-law or µ-law), MP3 or Ogg (Opus, Vorbis).',
  },
  PROMPT_TOO_LARGE: {
    meaning: 'An audio file is above 4 MB, a prompt above 10 minutes, or a text above 5,000 characters.',
    advice: 'Shorten it or split it into several segments. 8 kHz mono needs the least space.',
  },
  PROMPT_FETCH_FAILED: {
    meaning: 'Audio could not be fetched from its URL.',
    advice:
      'Check that the address is right, that the server answers within the time allowed, and that the configuration does not block the address.',
  },
} as const;

/** Code of a prompt that could not be played, or not whole. */
export type PromptCode = keyof typeof PROMPTS_CODES;

/** True for the code of a prompt that could not be played. */
export function isPromptCode(code: string): code is PromptCode {
  return Object.hasOwn(PROMPTS_CODES, code);
}
