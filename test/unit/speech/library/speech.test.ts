import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ok, type Result } from '../../../../src/lib/result.js';
import { silentLogger } from '../../../../src/lib/log/log.js';
import type { Audio } from '../../../../src/media/codec/audio.js';
import { CODECS } from '../../../../src/media/codec/codec.js';
import { createPromptLibrary, type PromptLibraryOptions } from '../../../../src/speech/library/library.js';
import type { PromptError, PromptLibrary, SpeechProvider } from '../../../../src/speech/types.js';
import type { Segment } from '../../../../src/model/segment.js';
import { levelDb } from '../../../../src/phone/analysis.js';

const holdMusicFile = fileURLToPath(new URL('../../../../config/prompts/hold-music.wav', import.meta.url));

let dir = tmpdir();
let libraries: PromptLibrary[] = [];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'speech-test-'));
  libraries = [];
});
afterEach(async () => {
  await Promise.all(libraries.map((library) => library.close()));
  rmSync(dir, { recursive: true });
});

/** A provider that counts, and beeps for a tenth of a second a character. */
function countingProvider(): SpeechProvider & { readonly texts: string[]; release: (() => void) | null } {
  const texts: string[] = [];
  return {
    name: 'counting',
    version: '1',
    texts,
    release: null,
    speaks: (language) => language.startsWith('xx'),
    async render({ text }) {
      texts.push(text);
      await new Promise<void>((resolve) => setImmediate(resolve));
      const samples = Int16Array.from({ length: 1600 * text.length }, (_, i) => 8000 * Math.sin(i / 10));
      return ok({ samples, sampleRate: 16000 });
    },
  };
}

async function open(options: Partial<PromptLibraryOptions> = {}): Promise<PromptLibrary> {
  const created = await createPromptLibrary({
    promptsDir: dir,
    cacheDir: join(dir, 'cache'),
    holdMusicFile,
    speech: { provider: 'flite' },
    espeakCommand: '/no/espeak-ng',
    fetchAudio: () => Promise.reject(new Error('nothing is fetched here')),
    log: silentLogger,
    ...options,
  });
  if (!created.ok) throw new Error(created.error.message);
  libraries.push(created.value);
  return created.value;
}

async function say(library: PromptLibrary, text: string, more: Partial<Segment & { kind: 'say' }> = {}): Promise<Audio> {
  const loaded = await library.load([{ kind: 'say', text, ...more }], 'en-US');
  if (!loaded.ok) throw new Error(loaded.error.message);
  return loaded.value[0]!;
}

const codeOf = (result: Result<unknown, PromptError>): string => (result.ok ? 'ok' : result.error.code);
const entries = (): string[] => readdirSync(join(dir, 'cache')).filter((name) => name.endsWith('.wav'));
/** The disk is written after the answer; close waits for it. */
const flushed = async (library: PromptLibrary): Promise<void> => {
  await library.close();
};

describe('speech', () => {
  let library: PromptLibrary;
  beforeAll(async () => {
    library = await open({ cacheDir: null });
    libraries = [];
  });
  afterAll(() => library.close());

  it('the bundled voice speaks: audible, not clipped, longer for longer texts', async () => {
    const short = await say(library, 'Hello.');
    const long = await say(library, 'Hello, and welcome to the demo line. Press one for orders, or two for everything else.');
    expect(short.ms).toBeGreaterThan(300);
    expect(short.ms).toBeLessThan(2000);
    expect(long.ms).toBeGreaterThan(short.ms * 2.5);
    for (const [codec, buffer] of [
      ['PCMU', long.encoded.PCMU],
      ['PCMA', long.encoded.PCMA],
    ] as const) {
      const samples = CODECS[codec].coder.decode(new Uint8Array(buffer));
      expect(levelDb(samples)).toBeGreaterThan(-32);
      expect(levelDb(samples)).toBeLessThan(-12);
      expect(samples.filter((sample) => Math.abs(sample) > 32000).length).toBe(0);
    }
  });

  it('gives whole 20 ms frames in every codec', async () => {
    const audio = await say(library, 'One two three.');
    expect(audio.encoded.PCMU.byteLength % 160).toBe(0);
    expect(audio.encoded.PCMA.byteLength).toBe(audio.encoded.PCMU.byteLength);
    expect(audio.ms).toBe(audio.encoded.PCMU.byteLength / 8);
  });

  it('an empty text takes no time but one frame', async () => {
    expect((await say(library, ' \n ')).ms).toBe(20);
  });

  it('a text beyond all measure is refused', async () => {
    expect(codeOf(await library.load([{ kind: 'say', text: 'word '.repeat(1200) }], 'en-US'))).toBe('PROMPT_TOO_LARGE');
  });

  it('a voice the provider does not have is an error that names the ones it has', async () => {
    const loaded = await library.load([{ kind: 'say', text: 'Hello', voice: '../../etc/passwd' }], 'en-US');
    expect(loaded).toMatchObject({
      ok: false,
      error: { code: 'SPEECH_FAILED', message: expect.stringContaining('slt') as string },
    });
  });

  it('a language nobody speaks is an error', async () => {
    expect(codeOf(await library.load([{ kind: 'say', text: 'Hallo', language: 'de-DE' }], 'en-US'))).toBe(
      'SPEECH_LANGUAGE_UNSUPPORTED',
    );
    expect(codeOf(await library.load([{ kind: 'say', text: 'Hallo' }], ''))).toBe('SPEECH_LANGUAGE_UNSUPPORTED');
  });

  it('each language has the provider configured for it', async () => {
    const one = { ...countingProvider(), name: 'one', texts: [] as string[] };
    const two = { ...countingProvider(), name: 'two', speaks: () => true };
    const library = await open({ providers: [one, two], speech: { provider: 'one', languages: { 'xx-B': 'two', en: 'two' } } });
    const before = two.texts.length;
    await library.load([{ kind: 'say', text: 'b', language: 'xx-b' }], 'xx-A');
    await library.load([{ kind: 'say', text: 'e', language: 'en-GB' }], 'xx-A');
    expect(two.texts.length - before).toBe(2);
  });

  it('a configured provider that is not there fails the start', async () => {
    const created = await createPromptLibrary({
      promptsDir: dir,
      cacheDir: null,
      holdMusicFile,
      speech: { provider: 'espeak' },
      espeakCommand: '/no/espeak-ng',
      fetchAudio: () => Promise.reject(new Error('unused')),
      log: silentLogger,
    });
    expect(created).toMatchObject({
      ok: false,
      error: { code: 'SPEECH_FAILED', message: expect.stringContaining('espeak') as string },
    });
  });
});

describe('speech cache', () => {
  const counting = (): { provider: ReturnType<typeof countingProvider>; options: Partial<PromptLibraryOptions> } => {
    const provider = countingProvider();
    return { provider, options: { providers: [provider], speech: { provider: 'counting' } } };
  };
  const xx = { language: 'xx' };

  it('the same request twice at once renders once', async () => {
    const { provider, options } = counting();
    const library = await open(options);
    const both = await Promise.all([say(library, 'abc', xx), say(library, 'abc', xx)]);
    expect(provider.texts).toEqual(['abc']);
    expect(both[0].id).toBe(both[1].id);
  });

  it('a hit in memory and a hit on disk render nothing', async () => {
    const { provider, options } = counting();
    const first = await open(options);
    const rendered = await say(first, 'abc', xx);
    expect((await say(first, 'abc', xx)).id).toBe(rendered.id);
    await flushed(first);
    const stored = await say(await open(options), 'abc', xx);
    expect(provider.texts).toEqual(['abc']);
    expect(Buffer.from(stored.encoded.PCMU).equals(Buffer.from(rendered.encoded.PCMU))).toBe(true);
  });

  it.each([
    ['another text', { text: 'abd' }],
    ['another voice', { voice: 'v' }],
    ['another language', { language: 'xx-YY' }],
  ])('%s is another request', async (_, more) => {
    const { provider, options } = counting();
    const library = await open(options);
    await say(library, 'abc', xx);
    await say(library, 'abc', { ...xx, ...more });
    expect(provider.texts.length).toBe(2);
  });

  it('a new version of the provider renders anew', async () => {
    const { provider, options } = counting();
    await say(await open(options), 'abc', xx);
    await flushed(libraries[0]!);
    const newer = { ...provider, version: '2' };
    await say(await open({ ...options, providers: [newer] }), 'abc', xx);
    expect(provider.texts.length).toBe(2);
  });

  it.each([
    ['cut short', (file: Buffer) => file.subarray(0, 100)],
    ['empty', () => Buffer.alloc(0)],
    ['changed in one bit', (file: Buffer) => Buffer.from(file.map((byte, at) => (at === 500 ? byte ^ 1 : byte)))],
  ])('an entry that is %s is rendered again and replaced', async (_, damage) => {
    const { provider, options } = counting();
    const first = await open(options);
    await say(first, 'abc', xx);
    await flushed(first);
    const path = join(dir, 'cache', entries()[0]!);
    const good = readFileSync(path);
    writeFileSync(path, damage(good));
    const second = await open(options);
    await say(second, 'abc', xx);
    await flushed(second);
    expect(provider.texts.length).toBe(2);
    expect(readFileSync(path).equals(good)).toBe(true);
  });

  it('entries are WAV files only this user can read, and nothing half-written is left', async () => {
    const { options } = counting();
    const library = await open(options);
    await say(library, 'abc', xx);
    await flushed(library);
    expect(readdirSync(join(dir, 'cache'))).toEqual(entries());
    const path = join(dir, 'cache', entries()[0]!);
    expect(readFileSync(path).subarray(0, 4).toString()).toBe('RIFF');
    expect(statSync(path).mode & 0o077).toBe(0);
  });

  it('private texts never reach the disk, memory or the log', async () => {
    const lines: string[] = [];
    const listen = (fields: object, message: string): void => void lines.push(JSON.stringify(fields) + message);
    const log = { debug: listen, info: listen, warn: listen, error: listen, child: () => log };
    const { provider, options } = counting();
    const library = await open({ ...options, log });
    await say(library, '4711', { ...xx, private: true });
    await say(library, '4711', { ...xx, private: true });
    await say(library, 'abc', xx);
    await flushed(library);
    expect(provider.texts).toEqual(['4711', '4711', 'abc']);
    expect(entries().length).toBe(1);
    expect(lines.join('\n')).not.toContain('4711');
  });

  it('stays within its bound by dropping what was used longest ago', async () => {
    const { provider, options } = counting();
    // One entry of five characters is 8,084 bytes.
    const library = await open({ ...options, cacheMaxBytes: 20_000 });
    await say(library, 'aaaaa', xx);
    await say(library, 'bbbbb', xx);
    await library.close();
    const old = new Date(Date.now() - 60_000);
    for (const name of entries()) utimesSync(join(dir, 'cache', name), old, old);
    const again = await open({ ...options, cacheMaxBytes: 20_000 });
    await say(again, 'aaaaa', xx);
    await say(again, 'ccccc', xx);
    await again.close();
    expect(entries().length).toBe(2);
    const last = await open(options);
    const before = provider.texts.length;
    await say(last, 'aaaaa', xx);
    await say(last, 'ccccc', xx);
    expect(provider.texts.length).toBe(before);
  });

  it('a folder that cannot be used costs rendering, not calls', async () => {
    writeFileSync(join(dir, 'file'), '');
    const { options } = counting();
    const library = await open({ ...options, cacheDir: join(dir, 'file', 'cache') });
    expect((await say(library, 'abc', xx)).ms).toBe(300);
  });
});
