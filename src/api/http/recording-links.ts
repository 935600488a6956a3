import type { Clock } from '../../lib/clock.js';
import { signPath, verifyPath, type ReceivedSignature } from '../../lib/signed-url.js';

/** A recording's file name: flat, never hidden, never a path. */
const FILE_NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,120}\.wav$/;

/** Whether a name can be that of a recording. */
export function isRecordingName(name: string): boolean {
  return FILE_NAME.test(name);
}

export interface RecordingLinkOptions {
  /** At least 32 random bytes. */
  readonly key: Uint8Array;
  /** What others reach the API by, e.g. `https://ivr.example`. */
  readonly publicUrl: () => string;
  readonly lifeMs: number;
  readonly clock: Clock;
}

/** Makes and checks links to recordings that work without a key until they expire. */
export class RecordingLinks {
  constructor(private readonly options: RecordingLinkOptions) {}

  /** An absolute link to the file of a recording, good from now for the configured time. */
  make(file: string): string {
    const { key, publicUrl, lifeMs, clock } = this.options;
    return publicUrl().replace(/\/+$/, '') + signPath(key, `/recordings/${file}`, { now: clock.now(), lifeMs });
  }

  /** Whether a request for a file carries a link of ours. HEAD is what GET is. */
  check(file: string, method: string, received: ReceivedSignature): 'ok' | 'expired' | 'invalid' {
    const { key, clock } = this.options;
    const signedMethod = method === 'HEAD' ? 'GET' : method;
    return verifyPath(key, { method: signedMethod, path: `/recordings/${file}`, now: clock.now() }, received);
  }
}
