import { describe, expect, it } from 'vitest';
import type { SpeechPool } from '../../../../src/speech/voices/speech-pool.js';
import { workerProvider } from '../../../../src/speech/voices/worker-provider.js';

const FACE = { name: 'flite', version: '1', languages: ['en', 'pt-br'] };
const RATE = 1000;

/** A pool whose worker says each text with one sample a character, or does what `answer` says. */
function fakePool(answer: (text: string) => unknown = (text) => ({ ok: true, value: said(text.length) })) {
  const jobs: { text: string; characters: number }[] = [];
  const run = (job: { request: { text: string } }, _urgency: unknown, characters: number): Promise<unknown> => {
    jobs.push({ text: job.request.text, characters });
    return Promise.resolve(answer(job.request.text));
  };
  return { provider: workerProvider({ run } as unknown as SpeechPool, FACE), jobs };
}

const said = (samples: number) => ({ samples: new Int16Array(samples).fill(1), sampleRate: RATE });
const request = (text: string) => ({ text, language: 'en-US', voice: null });
const LONG = 'One sentence of a long story. '.repeat(40).trim();

describe('a provider of the speech workers', () => {
  it('speaks the languages it names and their variants', () => {
    const { provider } = fakePool();
    expect(['en', 'EN-gb', 'pt-BR', 'pt', 'de'].map((tag) => provider.speaks(tag))).toEqual([true, true, true, true, false]);
  });

  it('has a long text spoken in pieces, each ranked by what was spoken before it', async () => {
    const { provider, jobs } = fakePool();
    const rendered = await provider.render(request(LONG));
    expect(jobs.map(({ text }) => text).join(' ')).toBe(LONG);
    expect(Math.max(...jobs.map(({ text }) => text.length))).toBeLessThanOrEqual(300);
    let spoken = 0;
    expect(jobs.map(({ characters }) => characters)).toEqual(jobs.map(({ text }) => (spoken += text.length)));
    expect(rendered).toEqual({ ok: true, value: said(spoken) });
  });

  it('gives up at the first piece that fails', async () => {
    const error = { ok: false, error: { code: 'SPEECH_FAILED', message: 'no' } };
    const { provider, jobs } = fakePool(() => (jobs.length < 2 ? { ok: true, value: said(1) } : error));
    expect(await provider.render(request(LONG))).toEqual(error);
    expect(jobs).toHaveLength(2);
  });

  it('says so when the worker ended', async () => {
    const { provider } = fakePool(() => null);
    expect(await provider.render(request('Hello.'))).toMatchObject({ ok: false, error: { code: 'SPEECH_FAILED' } });
  });

  it('refuses a speech of more than ten minutes', async () => {
    const { provider, jobs } = fakePool(() => ({ ok: true, value: said(301_000) }));
    expect(await provider.render(request(LONG))).toMatchObject({ ok: false, error: { code: 'PROMPT_TOO_LARGE' } });
    expect(jobs).toHaveLength(2);
  });
});
