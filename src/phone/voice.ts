import { readFile } from 'node:fs/promises';
import { errorMessage } from '../lib/error-message.js';
import { decodeAudio } from '../speech/files/decode.js';
import { resampleToTelephone } from '../speech/files/resample.js';
import { PhoneError } from './place-call.js';
import type { Voice } from './types.js';

/**
 * A WAV, MP3 or Ogg/Opus file as the voice of a call; it is said once, then silence.
 * @throws PhoneError (as rejection) when the file cannot be read or is not audio
 */
export async function loadVoice(file: string): Promise<Voice> {
  let bytes: Buffer;
  try {
    bytes = await readFile(file);
  } catch (error) {
    throw new PhoneError(`${file}: ${errorMessage(error)}`);
  }
  const decoded = await decodeAudio(bytes);
  if (!decoded.ok) throw new PhoneError(`${file}: ${decoded.error.message}`);
  return { samples: await resampleToTelephone(decoded.value) };
}
