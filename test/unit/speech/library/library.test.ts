import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { err, ok, type Result } from '../../../../src/lib/result.js';
import { silentLogger } from '../../../../src/lib/log/log.js';
import type { Audio } from '../../../../src/media/codec/audio.js';
import { CODECS } from '../../../../src/media/codec/codec.js';
import { createPromptLibrary, type FetchAudio, type PromptLibraryOptions } from '../../../../src/speech/library/library.js';
import type { PromptError, PromptLibrary } from '../../../../src/speech/types.js';
import { dominantFrequency, levelDb } from '../../../../src/phone/analysis.js';

const wire = (name: string): string => fileURLToPath(new URL(`../../../wire/audio/${name}`, import.meta.url));
const holdMusicFile = fileURLToPath(new URL('../../../../config/prompts/hold-music.wav', import.meta.url));

let dir: string;
let promptsDir: string;
let library: PromptLibrary;
let fetchAudio: FetchAudio = () => Promise.resolve(err({ code: 'PROMPT_FETCH_FAILED', message: 'no network' }));

const options = (): PromptLibraryOptions => ({
  promptsDir,
  cacheDir: null,
  holdMusicFile,
  speech: { provider: 'flite' },
  espeakCommand: join(dir, 'no-espeak'),
  fetchAudio: (url) => fetchAudio(url),
  fileFreshMs: 20,
  log: silentLogger,
});

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'library-test-'));
  promptsDir = join(dir, 'prompts');
  mkdirSync(join(promptsDir, 'en'), { recursive: true });
  const created = await createPromptLibrary(options());
  if (!created.ok) throw new Error(created.error.message);
  library = created.value;
});
afterAll(async () => {
  await library.close();
  rmSync(dir, { recursive: true });
});

const file = async (name: string): Promise<Result<readonly Audio[], PromptError>> =>
  await library.load([{ kind: 'file', file: name }], 'en-US');
const codeOf = (result: Result<unknown, PromptError>): string => (result.ok ? 'ok' : result.error.code);
const samplesOf = (audio: Audio): Int16Array => CODECS.PCMU.coder.decode(new Uint8Array(audio.encoded.PCMU));

describe('prompt files', () => {
  it('a file below the prompts folder is played, whatever its format', async () => {
    copyFileSync(wire('tone-s16-44k1.wav'), join(promptsDir, 'a.wav'));
    copyFileSync(wire('tone.mp3'), join(promptsDir, 'en', 'b.mp3'));
    // The name says nothing about the content.
    copyFileSync(wire('tone.opus'), join(promptsDir, 'c.wav'));
    for (const name of ['a.wav', 'en/b.mp3', 'c.wav', './en/../a.wav']) {
      const loaded = await file(name);
      if (!loaded.ok) throw new Error(loaded.error.message);
      expect(dominantFrequency(samplesOf(loaded.value[0]!).subarray(800, 2400))).toBeCloseTo(440, -0.5);
    }
  });

  it('the same file is decoded once, an edited one again as soon as it is looked up anew', async () => {
    copyFileSync(wire('tone-ulaw-8k.wav'), join(promptsDir, 'edited.wav'));
    const [first, second] = [await file('edited.wav'), await file('edited.wav')];
    expect(first.ok && second.ok && first.value[0]?.id === second.value[0]?.id).toBe(true);
    copyFileSync(wire('tone-u8-8k.wav'), join(promptsDir, 'edited.wav'));
    const edited = async (): Promise<boolean> => {
      const third = await file('edited.wav');
      return first.ok && third.ok && first.value[0]?.id !== third.value[0]?.id;
    };
    await expect.poll(edited).toBe(true);
  });

  it('no name leads out of the prompts folder', async () => {
    copyFileSync(wire('tone-ulaw-8k.wav'), join(dir, 'outside.wav'));
    mkdirSync(join(dir, 'prompts-other'));
    copyFileSync(wire('tone-ulaw-8k.wav'), join(dir, 'prompts-other', 'near.wav'));
    symlinkSync(join(dir, 'outside.wav'), join(promptsDir, 'link.wav'));
    symlinkSync(dir, join(promptsDir, 'folder'));
    symlinkSync('loop', join(promptsDir, 'loop'));
    const names = [
      '../outside.wav',
      'en/../../outside.wav',
      '../prompts-other/near.wav',
      join(dir, 'outside.wav'),
      'link.wav',
      'folder/outside.wav',
      'loop',
      '..\\outside.wav',
      'a\0.wav',
      '',
      '.',
      'en',
      '/dev/zero',
      'x'.repeat(5000),
      'missing.wav',
    ];
    for (const name of names) expect(codeOf(await file(name)), name).toBe('PROMPT_NOT_FOUND');
  });

  it('a link that stays inside is followed', async () => {
    copyFileSync(wire('tone-ulaw-8k.wav'), join(promptsDir, 'en', 'a.wav'));
    symlinkSync('en/a.wav', join(promptsDir, 'inside.wav'));
    expect(codeOf(await file('inside.wav'))).toBe('ok');
  });

  it('what cannot be played is an error with its own code', async () => {
    writeFileSync(join(promptsDir, 'text.wav'), 'no audio');
    writeFileSync(join(promptsDir, 'big.wav'), Buffer.alloc(4 * 1024 * 1024 + 1));
    expect(codeOf(await file('text.wav'))).toBe('PROMPT_UNREADABLE');
    expect(codeOf(await file('big.wav'))).toBe('PROMPT_TOO_LARGE');
  });

  it('segments come back in order; the first failure in order is told', async () => {
    copyFileSync(wire('tone-ulaw-8k.wav'), join(promptsDir, 'a.wav'));
    const loaded = await library.load(
      [
        { kind: 'say', text: 'Hello' },
        { kind: 'file', file: 'a.wav' },
      ],
      'en-US',
    );
    expect(loaded.ok && loaded.value.map(({ ms }) => ms === 400)).toEqual([false, true]);
    const failed = await library.load(
      [
        { kind: 'file', file: 'no' },
        { kind: 'url', url: 'https://x.example/' },
      ],
      'en-US',
    );
    expect(codeOf(failed)).toBe('PROMPT_NOT_FOUND');
  });
});

describe('prompt URLs', () => {
  it('audio is fetched once while it is fresh, and a failed fetch is an error', async () => {
    let fetched = 0;
    fetchAudio = () => {
      fetched += 1;
      return Promise.resolve(ok(readFileSync(wire('tone.mp3'))));
    };
    const url = { kind: 'url', url: 'https://audio.example/a.mp3' } as const;
    const both = await Promise.all([library.load([url], 'en-US'), library.load([url], 'en-US')]);
    expect(both.map(codeOf)).toEqual(['ok', 'ok']);
    expect(codeOf(await library.load([url], 'en-US'))).toBe('ok');
    expect(fetched).toBe(1);

    fetchAudio = () => Promise.resolve(err({ code: 'PROMPT_FETCH_FAILED', message: 'refused' }));
    expect(codeOf(await library.load([{ ...url, url: 'https://audio.example/b.mp3' }], 'en-US'))).toBe('PROMPT_FETCH_FAILED');
  });
});

describe('built-in audio', () => {
  it('the hold music is real music: 32 s, about −20 dBFS all through, no clipping, no seam', () => {
    const samples = samplesOf(library.holdMusic);
    expect(library.holdMusic.ms).toBe(32_000);
    expect(levelDb(samples)).toBeCloseTo(-20, 0);
    for (let second = 0; second < 32; second++) {
      const level = levelDb(samples.subarray(second * 8000, (second + 1) * 8000));
      expect(level).toBeGreaterThan(-26);
      expect(level).toBeLessThan(-15);
    }
    expect(samples.filter((sample) => Math.abs(sample) > 24_000).length).toBe(0);
    const steps = Array.from(samples.subarray(1), (sample, i) => Math.abs(sample - (samples[i] ?? 0)));
    const seam = Math.abs((samples[0] ?? 0) - (samples.at(-1) ?? 0));
    expect(seam).toBeLessThan(steps.reduce((most, step) => Math.max(most, step), 0));
  });

  it('the beep is a quarter of a second of 1 kHz', () => {
    expect(library.beep.ms).toBe(260);
    expect(dominantFrequency(samplesOf(library.beep).subarray(100, 1900))).toBe(1000);
  });

  it('hold music that cannot be played fails the start', async () => {
    const missing = await createPromptLibrary({ ...options(), holdMusicFile: join(dir, 'missing.wav') });
    expect(missing).toMatchObject({
      ok: false,
      error: { code: 'PROMPT_NOT_FOUND', message: expect.stringContaining('hold music') as string },
    });
  });
});
