import { CODEC_TABLE, type CodecName, type CodecRow } from './codecs.js';

/*
 * Codecs found in the table: by name, by payload type, by the format tag of a WAV file.
 */

export type { CodecName } from './codecs.js';

/** A row of the table with its name. Hot paths hold the row, messages between threads the name. */
export interface Codec extends CodecRow {
  readonly name: CodecName;
}

/** A codec that WAV files can be in. */
export type WavCodec = Codec & { readonly wavTag: number };

type Codecs = { readonly [N in CodecName]: Codec & (typeof CODEC_TABLE)[N] };

/** Every codec by its name. */
export const CODECS = Object.fromEntries(
  Object.entries(CODEC_TABLE).map(([name, row]) => [name, { name, ...row }]),
) as unknown as Codecs;

/** The names of all codecs, preferred first: what is offered and accepted unless the configuration says otherwise. */
export const CODEC_NAMES = Object.keys(CODEC_TABLE) as [CodecName, ...CodecName[]];

const ALL: readonly Codec[] = Object.values(CODECS);
/** From here on payload types mean what a description says (RFC 3551 §3). */
export const FIRST_DYNAMIC_TYPE = 96;
const BY_STATIC_TYPE: readonly (Codec | null)[] = Array.from(
  { length: FIRST_DYNAMIC_TYPE },
  (_, type) => ALL.find(({ payloadType }) => payloadType === type) ?? null,
);

/** What stands for the codec of a stream before one is negotiated. */
export const DEFAULT_CODEC: Codec = CODECS[CODEC_NAMES[0]];

/** Makes one value for each codec, by its name. */
export function forEveryCodec<T>(make: (codec: Codec) => T): Readonly<Record<CodecName, T>> {
  return Object.fromEntries(ALL.map((codec) => [codec.name, make(codec)])) as Record<CodecName, T>;
}

/** The codec of a static payload type, which needs no rtpmap (RFC 3551 §6); null for every other number. */
export function staticCodec(payloadType: number): Codec | null {
  return BY_STATIC_TYPE[payloadType] ?? null;
}

/** The codec of an encoding name, compared without case (RFC 4855 §3); null for one that is not in the table. */
export function codecNamed(name: string): Codec | null {
  return ALL.find((codec) => codec.name === name.toUpperCase()) ?? null;
}

/** The codec of WAV files with that format tag (RFC 2361); null for every other. */
export function wavCodec(tag: number): WavCodec | null {
  return ALL.filter(hasWavTag).find(({ wavTag }) => wavTag === tag) ?? null;
}

/** What a call in that codec is recorded in: the same where WAV files can be in it, else the first of the table that they can be in. */
export function recordedAs(name: CodecName | null): WavCodec {
  const own = name === null ? null : CODECS[name];
  const codec = own !== null && hasWavTag(own) ? own : ALL.find(hasWavTag);
  if (codec === undefined) throw new Error('no codec of the table has a WAV format tag');
  return codec;
}

/** How many whole samples so many bytes of a codec are. */
export function samplesIn({ frame }: Codec, bytes: number): number {
  return Math.floor((bytes * frame.samples) / frame.bytes);
}

function hasWavTag(codec: Codec): codec is WavCodec {
  return codec.wavTag !== null;
}
