import { open, realpath, stat } from 'node:fs/promises';
import { isAbsolute, resolve, sep } from 'node:path';
import { errorMessage } from '../../lib/error-message.js';
import { err, ok, type Result } from '../../lib/result.js';
import { MAX_PROMPT_BYTES } from '../files/decode.js';
import type { PromptError } from '../types.js';

/** A site's own hold music, below its prompts folder. */
export const HOLD_MUSIC = 'hold-music.wav';

/** A prompt file as it is now. */
export interface PromptFile {
  /** Real path, links resolved. */
  readonly path: string;
  /** Changes when the file is edited or replaced. */
  readonly revision: string;
}

/**
 * Finds a file below `dir` by the name a flow gave. A name that leads outside (`..`, an absolute path, a link out) is as little
 * found as one that does not exist: `PROMPT_NOT_FOUND`.
 */
export async function findPromptFile(dir: string, name: string): Promise<Result<PromptFile, PromptError>> {
  const missing = err<PromptError>({ code: 'PROMPT_NOT_FOUND', message: `no prompt file ${JSON.stringify(name.slice(0, 200))}` });
  // A backslash separates folders elsewhere; nobody needs it in the name of a prompt.
  if (name === '' || name.includes('\0') || name.includes('\\') || isAbsolute(name)) return missing;
  try {
    const root = await realpath(dir);
    const path = await realpath(resolve(root, name));
    if (!path.startsWith(root.endsWith(sep) ? root : root + sep)) return missing;
    const found = await stat(path);
    // A folder, a pipe (which would block for ever) or a device.
    if (!found.isFile()) return missing;
    return ok({ path, revision: `${found.ino}-${found.size}-${found.mtimeMs}` });
  } catch {
    // Not there, not ours to read, a name too long, a loop of links: to the caller of a flow these are the same.
    return missing;
  }
}

/** Reads an audio file whole, at most 4 MB (docs/behaviour.md#prompt-audio). */
export async function readAudioFile(path: string): Promise<Result<Uint8Array, PromptError>> {
  try {
    const handle = await open(path);
    try {
      const { size } = await handle.stat();
      if (size > MAX_PROMPT_BYTES) {
        return err({ code: 'PROMPT_TOO_LARGE', message: `${path} has ${size} bytes, at most ${MAX_PROMPT_BYTES} are taken` });
      }
      return ok(await handle.readFile());
    } finally {
      await handle.close();
    }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const message = `${path}: ${errorMessage(error)}`;
    return err({ code: code === 'ENOENT' ? 'PROMPT_NOT_FOUND' : 'PROMPT_UNREADABLE', message });
  }
}
