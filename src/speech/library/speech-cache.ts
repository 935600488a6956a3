import { createHash, webcrypto } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errorMessage } from '../../lib/error-message.js';
import { randomHex } from '../../lib/ids.js';
import type { Logger } from '../../lib/log/log.js';
import { SAMPLE_RATE } from '../../media/codec/frame.js';
import type { SpeechProvider, SpeechRequest } from '../types.js';

/** Changes whenever the stored form or what is done after rendering does, so that old entries are not read. */
const FORMAT = 'wav-8000-s16-trimmed-2';
const HEADER_BYTES = 44;
/** After the samples comes a chunk `offh` with the SHA-256 of everything before it; players skip it. */
const SUM_CHUNK = 'offh';
const SUM_BYTES = 32;
/** When full, the oldest entries go until this share of the bound is left. */
const KEEP_SHARE = 0.9;
/** A file being written that is older than this was left behind by a crash, ms. */
const STALE_MS = 60 * 60_000;

/** The cache key: a hash of all that decides how the speech sounds. */
export function speechKey(provider: SpeechProvider, request: SpeechRequest): string {
  const parts = [FORMAT, provider.name, provider.version, request.language.toLowerCase(), request.voice, request.text];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

const checksum = async (bytes: Uint8Array): Promise<Buffer> => Buffer.from(await webcrypto.subtle.digest('SHA-256', bytes));

/** A WAV file anybody can play, with its checksum at the end. */
async function pack(samples: Int16Array): Promise<Buffer> {
  const dataBytes = samples.byteLength;
  const head = Buffer.alloc(HEADER_BYTES);
  head.write('RIFF', 0, 'latin1');
  head.writeUInt32LE(HEADER_BYTES - 8 + dataBytes + 8 + SUM_BYTES, 4);
  head.write('WAVEfmt ', 8, 'latin1');
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(SAMPLE_RATE, 24);
  head.writeUInt32LE(SAMPLE_RATE * 2, 28);
  head.writeUInt16LE(2, 32);
  head.writeUInt16LE(16, 34);
  head.write('data', 36, 'latin1');
  head.writeUInt32LE(dataBytes, 40);
  const sumHead = Buffer.alloc(8);
  sumHead.write(SUM_CHUNK, 0, 'latin1');
  sumHead.writeUInt32LE(SUM_BYTES, 4);
  const body = Buffer.concat([head, Buffer.from(samples.buffer, samples.byteOffset, dataBytes), sumHead]);
  return Buffer.concat([body, await checksum(body)]);
}

/** The samples of a packed entry; null when a single bit of it is wrong. */
async function unpack(file: Buffer): Promise<Int16Array | null> {
  const body = file.subarray(0, -SUM_BYTES);
  if (body.length < HEADER_BYTES + 8 || !(await checksum(body)).equals(file.subarray(-SUM_BYTES))) return null;
  const data = body.subarray(HEADER_BYTES, body.length - 8);
  const samples = new Int16Array(data.length / 2);
  for (let i = 0; i < samples.length; i++) samples[i] = data.readInt16LE(i * 2);
  return samples;
}

/**
 * Rendered speech on disk, one WAV file per request, oldest use thrown away first. Nothing here fails a prompt: what cannot be
 * read is rendered again, what cannot be written is logged once and done without.
 */
export class SpeechCache {
  #bytes: number | null = null;
  #complained = false;
  #writing: Promise<void> = Promise.resolve();

  constructor(private readonly options: { readonly dir: string; readonly maxBytes: number; readonly log: Logger }) {}

  /** Samples at 8 kHz, or null when they must be rendered. A damaged entry is removed. */
  async get(key: string): Promise<Int16Array | null> {
    const path = this.#path(key);
    try {
      const samples = await unpack(await readFile(path));
      if (samples === null) {
        this.options.log.warn({ entry: `${key}.wav` }, 'damaged speech cache entry removed');
        await rm(path, { force: true });
        return null;
      }
      const now = new Date();
      await utimes(path, now, now);
      return samples;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') this.#complain(error);
      return null;
    }
  }

  /** Stores samples; readers see the whole entry or none. Writes go one after the other. */
  put(key: string, samples: Int16Array): Promise<void> {
    this.#writing = this.#writing.then(async () => {
      try {
        await this.#write(key, samples);
      } catch (error) {
        this.#complain(error);
      }
    });
    return this.#writing;
  }

  /** Waits for writes under way. */
  async close(): Promise<void> {
    await this.#writing;
  }

  async #write(key: string, samples: Int16Array): Promise<void> {
    const packed = await pack(samples);
    if (packed.length > this.options.maxBytes) return;
    await mkdir(this.options.dir, { recursive: true, mode: 0o700 });
    const temporary = join(this.options.dir, `${key}.${randomHex(4)}.tmp`);
    try {
      await writeFile(temporary, packed, { mode: 0o600 });
      await rename(temporary, this.#path(key));
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
    this.#bytes = this.#bytes === null ? null : this.#bytes + packed.length;
    if (this.#bytes === null || this.#bytes > this.options.maxBytes) await this.#prune();
  }

  /** Measures the folder and, when it is above the bound, removes the entries used longest ago. */
  async #prune(): Promise<void> {
    const { dir, maxBytes } = this.options;
    const names = (await readdir(dir)).filter((name) => name.endsWith('.wav') || name.endsWith('.tmp'));
    const entries = await Promise.all(
      names.map(async (name) => {
        const path = join(dir, name);
        // Another process may share the folder and have removed it meanwhile.
        const found = await stat(path).catch(() => null);
        return { path, temporary: name.endsWith('.tmp'), bytes: found?.size ?? 0, usedAt: found?.mtimeMs ?? Infinity };
      }),
    );
    const left = entries.filter(({ temporary, usedAt }) => temporary && usedAt < Date.now() - STALE_MS);
    for (const { path } of left) await rm(path, { force: true });
    const stored = entries.filter(({ temporary }) => !temporary).sort((a, b) => a.usedAt - b.usedAt);
    let total = stored.reduce((sum, { bytes }) => sum + bytes, 0);
    if (total > maxBytes) {
      for (const { path, bytes } of stored) {
        if (total <= maxBytes * KEEP_SHARE) break;
        await rm(path, { force: true });
        total -= bytes;
      }
    }
    this.#bytes = total;
  }

  #path(key: string): string {
    return join(this.options.dir, `${key}.wav`);
  }

  #complain(error: unknown): void {
    if (this.#complained) return;
    this.#complained = true;
    const message = errorMessage(error);
    this.options.log.warn(
      { dir: this.options.dir, error: message },
      'the speech cache folder cannot be used; speech is rendered anew',
    );
  }
}
