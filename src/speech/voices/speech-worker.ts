import { parentPort, workerData } from 'node:worker_threads';
import { err, ok } from '../../lib/result.js';
import { makeAudio } from '../../media/codec/make-audio.js';
import { decodeAudio } from '../files/decode.js';
import { findEspeak } from './espeak.js';
import { createFlite } from './flite.js';
import { providerInfos } from './installed.js';
import { resampleToTelephone } from '../files/resample.js';
import type { JobResult, Encoded, Job, JobKind, SpeechWorkerData } from './speech-jobs.js';
import type { Pcm, SpeechProvider } from '../types.js';

/*
 * The thread in which files are decoded and text is spoken, so that neither delays a packet or an event. It answers the jobs of
 * `speech-jobs.ts`, one at a time. A bug here ends the thread; `speech-pool.ts` turns that into a failed job.
 */

const flite = createFlite();
const espeak = findEspeak({ command: (workerData as SpeechWorkerData).espeakCommand });

async function provider(name: string): Promise<SpeechProvider | null> {
  return name === flite.name ? flite : await espeak;
}

async function encode(pcm: Pcm): Promise<Encoded> {
  const samples = await resampleToTelephone(pcm);
  return { samples, audio: makeAudio(samples) };
}

async function answer(job: Job): Promise<JobResult<JobKind>> {
  switch (job.kind) {
    case 'providers':
      return providerInfos(await espeak);
    case 'render': {
      const chosen = await provider(job.provider);
      return chosen === null
        ? err({ code: 'SPEECH_FAILED', message: `the speech provider "${job.provider}" is not installed` })
        : await chosen.render(job.request);
    }
    case 'decode': {
      const decoded = await decodeAudio(job.bytes);
      return decoded.ok ? ok(await encode(decoded.value)) : decoded;
    }
    case 'encode':
      return await encode(job.pcm);
  }
}

/** Sample buffers travel by transfer, not by copy; encoded audio is shared memory anyway. */
function transferable(result: JobResult<JobKind>): ArrayBuffer[] {
  const content = 'ok' in result ? (result.ok ? result.value : null) : result;
  const buffer = content !== null && 'samples' in content ? content.samples.buffer : null;
  return buffer instanceof ArrayBuffer ? [buffer] : [];
}

parentPort?.on('message', (job: Job) => {
  // A rejection ends this thread, as it should: the job has failed, and the pool starts another one.
  answer(job).then(
    (result) => parentPort?.postMessage(result, transferable(result)),
    (error: unknown) => {
      queueMicrotask(() => {
        throw error;
      });
    },
  );
});
