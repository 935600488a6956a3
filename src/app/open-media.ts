import type { Config } from '../site/config/config.js';
import type { Logger } from '../lib/log/log.js';
import { problem, type Problem } from '../lib/problem.js';
import { err, type Result } from '../lib/result.js';
import { startMediaEngine } from '../media/engine/engine.js';
import type { MediaEngine } from '../media/types.js';

/** Starts the media engine as configured: its worker threads and ports. */
export async function openMedia({ media }: Pick<Config, 'media'>, log: Logger): Promise<Result<MediaEngine, Problem>> {
  const { address: bindAddress, advertisedAddress, further, ports, codecs, workers, timeoutSeconds } = media;
  const mediaTimeoutMs = timeoutSeconds * 1000;
  const started = await startMediaEngine({
    bindAddress,
    advertisedAddress,
    further,
    ports,
    codecs,
    workers,
    mediaTimeoutMs,
    log,
  });
  if (started.ok) return started;
  return err(problem('MEDIA_START_FAILED', { file: 'offhook.json', path: '$.media', message: started.error }));
}
