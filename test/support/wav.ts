import { CODECS } from '../../src/media/codec/codec.js';

/** A recording as downloaded: its channels as samples, 8 kHz. */
export interface Recorded {
  readonly channels: readonly Int16Array[];
  readonly ms: number;
}

const NAMES = { 6: 'PCMA', 7: 'PCMU' } as const;
const HEADER_BYTES = 58;

/** Fetches a recording by its link; the error says what came instead. */
export async function download(url: string): Promise<Recorded> {
  const response = await fetch(url);
  const bytes = Buffer.from(await response.arrayBuffer());
  if (response.status !== 200) throw new Error(`${url}: ${response.status} ${bytes.toString('utf8', 0, 200)}`);
  return readG711Wav(bytes);
}

/** Reads a WAV file of G.711 whose header states the sizes it has. */
export function readG711Wav(bytes: Buffer): Recorded {
  const codec = NAMES[bytes.readUInt16LE(20) as keyof typeof NAMES];
  const count = bytes.readUInt16LE(22);
  const dataBytes = bytes.readUInt32LE(54);
  if (bytes.toString('latin1', 0, 4) !== 'RIFF' || bytes.readUInt32LE(4) !== bytes.length - 8)
    throw new Error('the RIFF size is wrong');
  if (bytes.toString('latin1', 50, 54) !== 'data' || HEADER_BYTES + dataBytes > bytes.length)
    throw new Error('the data size is wrong');
  const data = bytes.subarray(HEADER_BYTES, HEADER_BYTES + dataBytes);
  const channels = Array.from({ length: count }, (_, channel) =>
    CODECS[codec].coder.decode(
      Uint8Array.from({ length: Math.floor(dataBytes / count) }, (_unused, i) => data[i * count + channel] ?? 0),
    ),
  );
  return { channels, ms: (channels[0]?.length ?? 0) / 8 };
}
