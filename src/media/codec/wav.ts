import { open } from 'node:fs/promises';
import { errorMessage } from '../../lib/error-message.js';
import { err, ok, type Result } from '../../lib/result.js';
import { wavCodec, type WavCodec } from './codec.js';

/*
 * WAV files as recordings need them: one byte a sample in a codec that has a format tag, with the fact chunk that formats other than
 * PCM must have (RFC 2361). Written by hand because a library would want the whole recording in memory.
 */

/** Bytes before the samples. */
export const WAV_HEADER_BYTES = 58;

/** Bits of one sample. */
const BITS = 8;

export interface WavShape {
  readonly codec: WavCodec;
  readonly channels: 1 | 2;
  /** Bytes of samples, all channels together. */
  readonly dataBytes: number;
}

/** The header of a file with `dataBytes` bytes of samples, an even number. */
export function wavHeader({ codec, channels, dataBytes }: WavShape): Uint8Array {
  const header = Buffer.alloc(WAV_HEADER_BYTES);
  header.write('RIFF', 0, 'latin1');
  header.writeUInt32LE(WAV_HEADER_BYTES - 8 + dataBytes, 4);
  header.write('WAVEfmt ', 8, 'latin1');
  header.writeUInt32LE(18, 16);
  header.writeUInt16LE(codec.wavTag, 20);
  header.writeUInt16LE(channels, 22);
  header.writeUInt32LE(codec.clockRate, 24);
  header.writeUInt32LE(codec.clockRate * channels, 28);
  header.writeUInt16LE(channels, 32);
  header.writeUInt16LE(BITS, 34);
  header.writeUInt16LE(0, 36);
  header.write('fact', 38, 'latin1');
  header.writeUInt32LE(4, 42);
  header.writeUInt32LE(Math.floor(dataBytes / channels), 46);
  header.write('data', 50, 'latin1');
  header.writeUInt32LE(dataBytes, 54);
  return header;
}

/** What {@link repairWav} found and made of it. */
export interface RepairedWav {
  readonly ms: number;
  readonly bytes: number;
}

/**
 * Makes a recording whole that a crash tore: states the sizes it really has in its header. Harmless on a whole one. The error is a
 * sentence; a file that is no recording of ours is left as it is.
 */
export async function repairWav(file: string): Promise<Result<RepairedWav, string>> {
  try {
    const handle = await open(file, 'r+');
    try {
      const found = Buffer.alloc(WAV_HEADER_BYTES);
      await handle.read(found, 0, WAV_HEADER_BYTES, 0);
      const codec = wavCodec(found.readUInt16LE(20));
      const channels = found.readUInt16LE(22);
      const ours = found.toString('latin1', 0, 4) === 'RIFF' && found.toString('latin1', 50, 54) === 'data';
      if (!ours || codec === null || (channels !== 1 && channels !== 2)) return err('The file is no recording of Offhook.');
      const { size } = await handle.stat();
      // Even, as `wavHeader` wants it: with that a torn stereo sample goes too.
      const dataBytes = Math.max(0, Math.floor((size - WAV_HEADER_BYTES) / 2) * 2);
      const bytes = WAV_HEADER_BYTES + dataBytes;
      await handle.write(wavHeader({ codec, channels, dataBytes }), 0, WAV_HEADER_BYTES, 0);
      await handle.truncate(bytes);
      return ok({ ms: Math.round((dataBytes / channels) * (1000 / codec.clockRate)), bytes });
    } finally {
      await handle.close();
    }
  } catch (error) {
    return err(errorMessage(error));
  }
}
