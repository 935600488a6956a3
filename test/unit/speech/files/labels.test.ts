import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { decodeAudio, inspectAudio } from '../../../../src/speech/files/decode.js';
import { dominantFrequency } from '../../../../src/phone/analysis.js';

/* What a file is, is told by its bytes: headers as writers leave them, and files that are not what they are called. */

const fixture = (name: string): Buffer => readFileSync(fileURLToPath(new URL(`../../../wire/audio/${name}`, import.meta.url)));
const latin = (text: string): Buffer => Buffer.from(text, 'latin1');

/** 0.4 s of 440 Hz at 8 kHz, 16 bit. */
const TONE = Buffer.alloc(6400);
for (let i = 0; i < 3200; i++) TONE.writeInt16LE(Math.round(16_000 * Math.sin((2 * Math.PI * 440 * i) / 8000)), 2 * i);

interface Chunk {
  readonly id: string;
  readonly body: Uint8Array;
  /** Stated size, when it is not that of the body. */
  readonly size?: number;
  readonly padded?: boolean;
}

const FMT: Chunk = { id: 'fmt ', body: Buffer.from([1, 0, 1, 0, 0x40, 0x1f, 0, 0, 0x80, 0x3e, 0, 0, 2, 0, 16, 0]) };
const DATA: Chunk = { id: 'data', body: TONE };
const LIST: Chunk = { id: 'LIST', body: latin('INFOISFT\x0e\0\0\0Lavf58.29.100\0') };

function wav(chunks: readonly Chunk[], id = 'RIFF'): Buffer {
  const parts = chunks.flatMap(({ id: name, body, size = body.length, padded = true }) => {
    const head = Buffer.alloc(8, name, 'latin1');
    head.writeUInt32LE(size, 4);
    return [head, body, Buffer.alloc(padded ? body.length % 2 : 0)];
  });
  const whole = Buffer.concat([latin(`${id}\0\0\0\0WAVE`), ...parts]);
  whole.writeUInt32LE(whole.length - 8, 4);
  return whole;
}

const odd = (length: number): Buffer => Buffer.alloc(length, 7);
const extensible = (tag: number): Chunk => ({
  id: 'fmt ',
  body: Buffer.concat([
    Buffer.from([0xfe, 0xff]),
    FMT.body.subarray(2),
    Buffer.from([22, 0, 16, 0, 4, 0, 0, 0, tag, 0, 0, 0, 0, 0, 16, 0, 128, 0, 0, 170, 0, 56, 155, 113]),
  ]),
});
const ds64 = Buffer.alloc(28);
ds64.writeUInt32LE(TONE.length, 8);

async function samplesOf(bytes: Uint8Array): Promise<Int16Array> {
  const result = await decodeAudio(bytes);
  if (!result.ok) throw new Error(result.error.message);
  return result.value.samples;
}

describe('a WAV file', () => {
  it.each<readonly [string, readonly Chunk[]]>([
    ['a LIST chunk before and one after its samples', [FMT, LIST, DATA, LIST]],
    [
      'every chunk that writers like',
      ['JUNK', 'bext', 'fact', 'cue ', 'smpl', 'iXML', 'PEAK'].map((id) => ({ id, body: odd(30) })),
    ],
    ['odd chunks with a pad byte', [FMT, { id: 'bext', body: odd(603) }, DATA, { id: 'LIST', body: odd(3) }]],
    [
      'odd chunks without one',
      [{ id: 'JUNK', body: odd(27), padded: false }, FMT, { id: 'bext', body: odd(5), padded: false }, DATA],
    ],
    ['its samples before its format', [DATA, FMT]],
    ['data of size 0, as streamed', [FMT, { ...DATA, size: 0 }]],
    ['data of size 0xFFFFFFFF, as streamed', [FMT, { ...DATA, size: 0xffffffff }]],
    ['data of size 0x7FFFFFFF, as streamed', [FMT, { ...DATA, size: 0x7fffffff }]],
    ['fewer samples than it says', [FMT, { ...DATA, size: 50_000 }]],
    ['WAVE_FORMAT_EXTENSIBLE', [extensible(1), { id: 'fact', body: odd(4) }, DATA]],
  ])('plays with %s', async (_, chunks) => {
    const whole = chunks.some(({ id }) => id === 'data') ? chunks : [...chunks, FMT, DATA, ...chunks];
    const samples = await samplesOf(wav(whole));
    expect(samples.length).toBe(3200);
    expect(dominantFrequency(samples.subarray(800, 2400))).toBeCloseTo(440, -0.5);
  });

  it('plays as RF64, whose size stands in another chunk', async () => {
    const chunks = [{ id: 'ds64', body: ds64 }, FMT, { ...DATA, size: 0xffffffff }, LIST];
    expect((await samplesOf(wav(chunks, 'RF64'))).length).toBe(3200);
  });

  it('plays as BW64, which is RF64 by its newer name', async () => {
    const chunks = [{ id: 'ds64', body: ds64 }, FMT, { ...DATA, size: 0xffffffff }, LIST];
    expect((await samplesOf(wav(chunks, 'BW64'))).length).toBe(3200);
  });

  it.each<readonly [string, () => Uint8Array]>([
    ['MP3', () => mp3],
    ['MP3', () => Buffer.concat([id3(2000), mp3])],
    ['AAC (ADTS)', () => adts(20)],
    ['Ogg', () => fixture('tone.opus')],
    ['FLAC', () => Buffer.concat([latin('fLaC\0\0\0\x22'), odd(500)])],
    ['an HTML page', () => latin('<!DOCTYPE html><html><body>502')],
  ])('is refused in words when its header says PCM and its samples are %s', async (kind, body) => {
    const bytes = wav([FMT, { id: 'data', body: body() }]);
    const result = await decodeAudio(bytes);
    expect(result.ok ? 'decoded' : result.error.message).toContain(`holds ${kind} in place of samples`);
    expect(inspectAudio(bytes)).not.toBeNull();
  });

  it.each([0, 999, 384_001, 0xffffffff])('is refused in words with %i samples per second', (rate) => {
    const body = Buffer.from(FMT.body);
    body.writeUInt32LE(rate, 4);
    expect(inspectAudio(wav([{ id: 'fmt ', body }, DATA]))?.message).toContain(`claims ${rate} samples per second`);
  });

  it.each([1000, 384_000])('is played with %i samples per second', (rate) => {
    const body = Buffer.from(FMT.body);
    body.writeUInt32LE(rate, 4);
    expect(inspectAudio(wav([{ id: 'fmt ', body }, DATA]))).toBeNull();
  });

  it('plays though it was cut in the middle of a sample', async () =>
    expect((await samplesOf(wav([FMT, DATA]).subarray(0, 44 + 6001))).length).toBe(3000));

  it.each<readonly [string, Buffer, string]>([
    ['IMA ADPCM', fixture('tone-adpcm.wav'), 'IMA ADPCM'],
    ['MP3', wav([{ id: 'fmt ', body: Buffer.concat([Buffer.from([0x55, 0]), FMT.body.subarray(2)]) }, DATA]), 'MP3'],
    ['an encoding nobody knows', wav([extensible(0x99), DATA]), 'encoding 153'],
    ['no samples', wav([FMT, LIST]), 'no "data" chunk'],
    ['no format', wav([LIST, DATA]), 'no whole "fmt " chunk'],
    ['no end to its format', wav([DATA, FMT]).subarray(0, -4), 'no whole "fmt " chunk'],
    ['an empty data chunk', wav([FMT, { id: 'data', body: odd(0) }, LIST]), 'holds no audio'],
  ])('is refused in words with %s', async (_, bytes, words) => {
    const result = await decodeAudio(bytes);
    expect(result.ok ? 'decoded' : result.error.code).toBe('PROMPT_UNREADABLE');
    expect(result.ok ? '' : result.error.message).toContain(words);
  });
});

/** AAC frames with ADTS headers, of that many bytes each. */
function adts(frames: number, size = 200): Buffer {
  const frame = Buffer.alloc(size, 0x5a);
  frame.set([0xff, 0xf1, 0x50, 0x80 | (size >> 11), (size >> 3) & 0xff, ((size & 7) << 5) | 0x1f, 0xfc]);
  return Buffer.concat(Array.from({ length: frames }, () => frame));
}

const id3 = (size: number, flags = 0): Buffer =>
  Buffer.concat([latin('ID3\x04\0'), Buffer.from([flags, 0, 0, size >> 7, size & 127]), Buffer.alloc(size)]);
const mp3 = fixture('tone.mp3');

/** Frames that do not state their length, with and without padding. */
const freeFormat = Buffer.concat(
  Array.from({ length: 12 }, (_, i) =>
    Buffer.concat([Buffer.from([0xff, 0xfb, (i % 3 === 0 ? 2 : 0) | 0, 0xc4]), odd(519 + (i % 3 === 0 ? 1 : 0))]),
  ),
);

describe('a file that is not what it is called', () => {
  it.each<readonly [string, Uint8Array, string]>([
    ['AAC', adts(20), 'AAC (ADTS)'],
    ['one frame of AAC', adts(1), 'AAC (ADTS)'],
    ['AAC behind an ID3 tag', Buffer.concat([id3(300), adts(20)]), 'AAC (ADTS)'],
    [
      'AAC behind an ID3 tag with a footer',
      Buffer.concat([id3(300, 0x10), latin('3DI\x04\0\x10\0\0\x02\x2c'), adts(20)]),
      'AAC (ADTS)',
    ],
    ['AAC in LATM', Buffer.concat([Buffer.from([0x56, 0xe0, 0xb4]), odd(600)]), 'AAC (LATM)'],
    ['MP4 whose sound comes first', Buffer.concat([Buffer.from([0, 0, 2, 0]), latin('mdat'), odd(500)]), 'MP4'],
    ['MP3 of free format', freeFormat, 'free format'],
    ['MP3 of free format behind an ID3 tag', Buffer.concat([id3(50), freeFormat]), 'free format'],
    ['FLAC in Ogg', Buffer.concat([latin('OggS\0\x02'), Buffer.alloc(22), latin('\x7fFLAC')]), 'neither Opus nor Vorbis'],
    ['MP4', Buffer.concat([Buffer.from([0, 0, 0, 32]), latin('ftypM4A '), odd(500)]), 'MP4'],
    ['FLAC', latin('fLaC\0\0\0\x22'), 'FLAC'],
    ['FLAC behind an ID3 tag', Buffer.concat([id3(20), latin('fLaC\0\0\0\x22')]), 'FLAC'],
    ['AMR', latin('#!AMR\n<...'), 'AMR'],
    ['WebM', Buffer.from([0x1a, 0x45, 0xdf, 0xa3, 0x9f, 0x42, 0x86, 0x81]), 'WebM'],
    ['AIFF', latin('FORM\0\0\0\x10AIFFCOMM'), 'AIFF'],
    ['AU', latin('.snd\0\0\0\x18'), 'AU'],
    ['AVI', latin('RIFF\0\0\0\x10AVI LIST'), 'AVI'],
    ['an error page', latin('\r\n<!DOCTYPE html>\n<html><body>502 Bad Gateway</body></html>'), 'an HTML page'],
    ['an error page with a byte-order mark', latin('\xef\xbb\xbf<html>'), 'an HTML page'],
    ['an error page in UTF-16', Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('<html>', 'utf16le')]), 'an HTML page'],
    ['an XML error', latin('<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>'), 'XML'],
    ['JSON', latin(' {"error":"expired"}'), 'JSON'],
    ['text', latin('Not Found'), 'text'],
    ['a pointer of Git LFS', latin('version https://git-lfs.github.com/spec/v1\noid sha256:4d7a'), 'Git LFS'],
    ['gzip', gzipSync(mp3), 'gzip'],
    ['nothing', Buffer.alloc(0), 'empty'],
    ['raw samples', TONE, 'not WAV, MP3 or Ogg'],
    ['raw µ-law silence', Buffer.alloc(4000, 0xff), 'not WAV, MP3 or Ogg'],
    ['an ID3 tag alone', id3(300), 'not WAV, MP3 or Ogg'],
  ])('is refused in words, never played as noise: %s', async (_, bytes, words) => {
    const result = await decodeAudio(bytes);
    expect(result.ok ? 'decoded' : result.error.code).toBe('PROMPT_UNREADABLE');
    expect(result.ok ? '' : result.error.message).toContain(words);
    expect(inspectAudio(bytes)?.message).toBe(result.ok ? null : result.error.message);
  });

  it.each<readonly [string, Buffer]>([
    ['an ID3 tag', Buffer.concat([id3(2000), mp3])],
    ['two ID3 tags', Buffer.concat([id3(200), id3(10), mp3])],
    ['zeros before it', Buffer.concat([Buffer.alloc(5000), mp3])],
    ['junk with sync words before it', Buffer.concat([Buffer.from([0xff, 0xfb, 0x90, 0, 0xff, 0xf1, 0, 0xff, 0xe3]), mp3])],
    ['an ID3v1 tag behind it', Buffer.concat([mp3, latin('TAG'), Buffer.alloc(125)])],
  ])('is played when it is MP3 with %s', async (_, bytes) => {
    const samples = await samplesOf(bytes);
    expect(samples.length / 22_050).toBeGreaterThan(0.37);
    expect(inspectAudio(bytes)).toBeNull();
  });

  it('is refused when MP3 begins further in than junk may reach', async () => {
    const at = (junk: number): Promise<boolean> => decodeAudio(Buffer.concat([Buffer.alloc(junk), mp3])).then(({ ok }) => ok);
    expect([await at(65_535), await at(65_536), await at(65_537)]).toEqual([true, true, false]);
  });
});

/** A file as a transfer as text leaves it: a byte more here and there. */
function withBytesPutIn(bytes: Buffer): Buffer {
  const parts = [bytes.subarray(0, 600)];
  for (let at = 600; at < bytes.length; at += 25) parts.push(latin('\r'), bytes.subarray(at, at + 25));
  return Buffer.concat(parts);
}

describe('a compressed file that no decoder plays as it is', () => {
  it.each<readonly [string, Uint8Array, string]>([
    ['MP3 of two sampling rates', Buffer.concat([mp3, fixture('tone-stereo.mp3')]), 'the sample rate changes'],
    ['MP3 with bytes put in on its way', withBytesPutIn(mp3), 'damaged'],
    ['Opus cut in its only page of sound', fixture('tone.opus').subarray(0, -20), 'holds no audio'],
  ])('is refused in words: %s', async (_, bytes, words) => {
    const result = await decodeAudio(bytes);
    expect(result.ok ? `decoded ${result.value.samples.length}` : result.error.message).toContain(words);
  });

  it('MP3 is played that has damage in it, or behind it more than it is long', async () => {
    const hole = Buffer.from(mp3).fill(0, 600, 900);
    expect((await samplesOf(hole)).length).toBeGreaterThan(0);
    expect((await samplesOf(Buffer.concat([mp3, Buffer.alloc(3 * mp3.length, 7)]))).length).toBeGreaterThan(0);
  });

  it.each(['tone.opus', 'tone-vorbis.ogg'])('%s is played whole when two follow each other, with junk between', async (name) => {
    const one = (await samplesOf(fixture(name))).length;
    const two = await samplesOf(Buffer.concat([fixture(name), latin('junk OggS'), fixture(name)]));
    expect(two.length).toBe(2 * one);
  });
});
