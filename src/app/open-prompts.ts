import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Config } from '../site/config/config.js';
import type { Logger } from '../lib/log/log.js';
import { problem, type Problem } from '../lib/problem.js';
import { err, ok, type Result } from '../lib/result.js';
import { MAX_PROMPT_BYTES } from '../speech/files/decode.js';
import { createPromptLibrary } from '../speech/library/library.js';
import { HOLD_MUSIC } from '../speech/library/prompt-files.js';
import type { PromptLibrary } from '../speech/types.js';
import type { HttpClient } from '../http/client.js';

const FETCH_TIMEOUT_MS = 10_000;

/** Opens the prompt library of a site; URLs are fetched through the guarded client. */
export async function openPrompts(
  { promptsDir, data, speech }: Config,
  client: Pick<HttpClient, 'fetchAudio'>,
  log: Logger,
): Promise<Result<PromptLibrary, Problem>> {
  const opened = await createPromptLibrary({
    promptsDir,
    cacheDir: join(data.dir, 'speech'),
    holdMusicFile: holdMusicFile(promptsDir),
    speech,
    fetchAudio: async (url) => {
      const fetched = await client.fetchAudio(url, MAX_PROMPT_BYTES, FETCH_TIMEOUT_MS);
      return fetched.ok ? fetched : err({ code: 'PROMPT_FETCH_FAILED', message: fetched.error });
    },
    log,
  });
  if (opened.ok) return ok(opened.value);
  const { code, message } = opened.error;
  const advice = 'Correct the setting under `speech`, or put a playable hold-music.wav into the prompts folder.';
  return err(problem(code, { file: 'offhook.json', path: '$.speech', message }, { advice }));
}

/** The site's own `prompts/hold-music.wav`, else the one that comes with Offhook. */
function holdMusicFile(promptsDir: string): string {
  const own = join(promptsDir, HOLD_MUSIC);
  return existsSync(own) ? own : fileURLToPath(new URL(`../../config/prompts/${HOLD_MUSIC}`, import.meta.url));
}
