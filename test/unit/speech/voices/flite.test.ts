import { describe, expect, it } from 'vitest';
import { createFlite } from '../../../../src/speech/voices/flite.js';

const flite = createFlite();
const request = (text: string): { text: string; language: string; voice: null } => ({ text, language: 'en-US', voice: null });

describe('flite', () => {
  it('speaks English only', () => {
    expect(['en', 'en-US', 'EN-gb'].map((tag) => flite.speaks(tag))).toEqual([true, true, true]);
    expect(['de', 'enm', 'english', ''].map((tag) => flite.speaks(tag))).toEqual([false, false, false, false]);
  });

  it.each([
    ['a word without end', 'x'.repeat(200)],
    ['an option', '-o /etc/passwd'],
    ['markup', '<speak>hi</speak> & "so"'],
    ['another script', '四 🎉'],
    ['a format string', '%s%n%s'],
    ['a NUL', 'a\0b'],
  ])('%s harms nothing', async (_, text) => {
    const rendered = await flite.render(request(text));
    expect(rendered.ok && rendered.value.samples.length).toBeGreaterThan(0);
  });

  it('the same text gives the same samples', async () => {
    const [one, two] = [await flite.render(request('Hello there.')), await flite.render(request('Hello there.'))];
    expect(one).toEqual(two);
  });
});
