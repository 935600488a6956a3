import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { decodeAudio, MAX_PROMPT_BYTES } from '../../../../src/speech/files/decode.js';
import { resampleToTelephone } from '../../../../src/speech/files/resample.js';
import type { Pcm } from '../../../../src/speech/types.js';
import { dominantFrequency, rms } from '../../../../src/phone/analysis.js';

/** 0.4 s of a 440 Hz tone at half of full scale, in every form that is read. */
const fixture = (name: string): Buffer => readFileSync(fileURLToPath(new URL(`../../../wire/audio/${name}`, import.meta.url)));

async function decoded(bytes: Uint8Array): Promise<Pcm> {
  const result = await decodeAudio(bytes);
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}

// docs/behaviour.md#prompt-audio
describe('decodeAudio', () => {
  it.each([
    ['tone-s16-16k-stereo.wav', 16000],
    ['tone-s16-44k1.wav', 44100],
    ['tone-s24-11k.wav', 11025],
    ['tone-u8-8k.wav', 8000],
    ['tone-f32-8k.wav', 8000],
    ['tone-ulaw-8k.wav', 8000],
    ['tone-alaw-8k.wav', 8000],
    ['tone.mp3', 22050],
    ['tone-stereo.mp3', 44100],
    ['tone.opus', 48000],
    ['tone-vorbis.ogg', 22050],
  ])('reads %s at %i Hz and brings it to 8 kHz unharmed', async (name, rate) => {
    const pcm = await decoded(fixture(name));
    expect(pcm.sampleRate).toBe(rate);
    expect(pcm.samples.length / rate).toBeGreaterThan(0.37);
    expect(pcm.samples.length / rate).toBeLessThan(0.5);

    const telephone = await resampleToTelephone(pcm);
    expect(telephone.length).toBe(Math.round((pcm.samples.length * 8000) / rate));
    const middle = telephone.subarray(1000, 2600);
    expect(dominantFrequency(middle)).toBeCloseTo(440, -0.5);
    expect(rms(middle)).toBeCloseTo(0.5 / Math.SQRT2, 1);
  });

  it('reads a WAV whose sizes a streaming writer never filled in', async () => {
    const streamed = Buffer.from(fixture('tone-s16-44k1.wav'));
    streamed.writeUInt32LE(0xffffffff, 4);
    streamed.writeUInt32LE(0xffffffff, 40);
    expect((await decoded(streamed)).samples.length).toBe(17640);
  });

  it.each([
    ['nothing', Buffer.alloc(0), 'PROMPT_UNREADABLE'],
    ['text', Buffer.from('<html>404</html>'), 'PROMPT_UNREADABLE'],
    ['half a WAV header', fixture('tone-s16-44k1.wav').subarray(0, 30), 'PROMPT_UNREADABLE'],
    ['a WAV without samples', fixture('tone-s16-44k1.wav').subarray(0, 44), 'PROMPT_UNREADABLE'],
    ['ADPCM', fixture('tone-adpcm.wav'), 'PROMPT_UNREADABLE'],
    [
      'another codec in Ogg',
      Buffer.concat([Buffer.from('OggS'), Buffer.alloc(24), Buffer.from('\x7fFLAC')]),
      'PROMPT_UNREADABLE',
    ],
    ['a Vorbis file cut in its headers', fixture('tone-vorbis.ogg').subarray(0, 100), 'PROMPT_UNREADABLE'],
    ['an MP3 sync word and rubbish', Buffer.concat([Buffer.from([0xff, 0xfb]), Buffer.alloc(5000, 0x00)]), 'PROMPT_UNREADABLE'],
    ['an Opus file cut in its headers', fixture('tone.opus').subarray(0, 100), 'PROMPT_UNREADABLE'],
    ['more than 4 MB', Buffer.alloc(MAX_PROMPT_BYTES + 1), 'PROMPT_TOO_LARGE'],
  ])('refuses %s with a value, not an exception', async (_, bytes, code) => {
    const result = await decodeAudio(bytes);
    expect(result.ok ? 'decoded' : result.error.code).toBe(code);
  });

  it.each(['tone-s16-44k1.wav', 'tone.mp3', 'tone.opus', 'tone-vorbis.ogg'])(
    'stops at the longest duration: %s',
    async (name) => {
      const result = await decodeAudio(fixture(name), { maxMs: 100 });
      expect(result.ok ? 'decoded' : result.error.code).toBe('PROMPT_TOO_LARGE');
    },
  );

  it('survives every single-byte damage to the headers', async () => {
    for (const name of ['tone-ulaw-8k.wav', 'tone.mp3', 'tone.opus', 'tone-vorbis.ogg']) {
      const whole = fixture(name);
      for (let at = 0; at < 64; at++) {
        const damaged = Buffer.from(whole);
        damaged[at] = (damaged[at] ?? 0) ^ 0xff;
        const result = await decodeAudio(damaged);
        expect(result.ok || result.error.code.startsWith('PROMPT_')).toBe(true);
      }
    }
  });
});

describe('resampleToTelephone', () => {
  const tone = (hertz: number, rate: number, amplitude: number): Pcm => ({
    sampleRate: rate,
    samples: Int16Array.from({ length: rate }, (_, i) => amplitude * Math.sin((2 * Math.PI * hertz * i) / rate)),
  });

  it('removes what 8 kHz cannot carry instead of folding it back', async () => {
    const folded = await resampleToTelephone(tone(6000, 16000, 16000));
    expect(rms(folded.subarray(400, 7600))).toBeLessThan(0.001);
  });

  it('keeps the telephone band', async () => {
    const kept = await resampleToTelephone(tone(3300, 48000, 16000));
    expect(rms(kept.subarray(400, 7600))).toBeCloseTo(16000 / 32768 / Math.SQRT2, 2);
  });

  it('adds no delay', async () => {
    const click = new Int16Array(16000);
    click.fill(20000, 8000, 8016);
    const out = await resampleToTelephone({ samples: click, sampleRate: 16000 });
    const loudest = out.reduce((best, value, at) => (Math.abs(value) > Math.abs(out[best] ?? 0) ? at : best), 0);
    expect(Math.abs(loudest - 4003)).toBeLessThanOrEqual(4);
  });

  it('clamps the overshoot of a full-scale square wave instead of wrapping it round', async () => {
    const square = Int16Array.from({ length: 16000 }, (_, i) => (Math.floor(i / 40) % 2 === 0 ? 32767 : -32768));
    const out = await resampleToTelephone({ samples: square, sampleRate: 16000 });
    // In the middle of each half-wave the sign is the input's.
    const wrong = out.filter((value, i) => i % 20 === 10 && value > 0 !== (Math.floor(i / 20) % 2 === 0));
    expect(wrong.length).toBe(0);
  });
});
