import { describe, expect, it } from 'vitest';
import { play } from '../../../src/widgets/play.js';
import { failed, FakeWidget, problemsOf, spoken } from '../../support/fake-widget-context.js';

const prompt = [{ say: 'Hello' }];

describe('play: prompt', () => {
  it('plays text, files and URLs in order, with variables put in', async () => {
    const widget = new FakeWidget();
    widget.vars.set('$flow.key.name', 'Ada');
    await widget.run(play, {
      prompt: [
        { say: 'Hello $flow.key.name', language: 'en-GB', voice: 'slt' },
        { file: '$flow.key.name.wav' },
        { url: 'https://a.example/x' },
      ],
    });
    expect(widget.plays[0]?.segments).toEqual([
      { kind: 'say', text: 'Hello Ada', language: 'en-GB', voice: 'slt' },
      { kind: 'file', file: 'Ada.wav' },
      { kind: 'url', url: 'https://a.example/x' },
    ]);
  });

  it.each([
    ['digits', { say: '407', as: 'digits' }],
    ['number', { say: '407', as: 'number' }],
    ['date', { say: '2026-11-23', as: 'date' }],
    ['currency', { say: '12.50', as: 'currency', currency: 'EUR' }],
  ])('reads a value as %s', async (_as, segment) => {
    const widget = new FakeWidget();
    await widget.run(play, { prompt: [segment] });
    const said = spoken(widget.plays[0]?.segments ?? []);
    expect(said).not.toBe(segment.say);
    expect(said).not.toBe('');
  });

  it('keeps a prompt with secret digits private', async () => {
    const widget = new FakeWidget();
    widget.vars.set('$flow.key.pin', '1234', { masked: true });
    await widget.run(play, { prompt: [{ say: '$flow.key.pin' }] });
    expect(widget.plays[0]?.segments[0]).toMatchObject({ private: true });
  });

  it('is required and never empty', () => {
    expect(problemsOf(play, {})).toHaveLength(1);
    expect(problemsOf(play, { prompt: [] })).toHaveLength(1);
    expect(problemsOf(play, { prompt: [{ tell: 'x' }] })).not.toHaveLength(0);
  });

  it('is offered for rendering ahead', () => {
    expect(play.prompts?.(play.config.parse({ prompt }))).toEqual([prompt]);
  });
});

describe('play: loop, level, bargeIn, stopKeys', () => {
  it('plays once, as recorded, to the end by default', async () => {
    const widget = new FakeWidget();
    await widget.run(play, { prompt });
    expect(widget.plays[0]).toMatchObject({ loop: 1, level: 0, bargeIn: false, stopKeys: '' });
  });

  it('passes them on', async () => {
    const widget = new FakeWidget();
    await widget.run(play, { prompt, loop: 0, level: -0.5, bargeIn: true, stopKeys: '#*' });
    expect(widget.plays[0]).toMatchObject({ loop: 0, level: -0.5, bargeIn: true, stopKeys: '#*' });
  });

  it.each([{ loop: -1 }, { loop: 1.5 }, { level: 1.1 }, { level: -1.1 }, { stopKeys: 'x' }, { stopKeys: '##' }, { stop: '#' }])(
    'refuses %j',
    (fields) => {
      expect(problemsOf(play, { prompt, ...fields })).toHaveLength(1);
    },
  );
});

describe('play: exits', () => {
  it('done when everything was played', async () => {
    const widget = new FakeWidget();
    expect(await widget.run(play, { prompt })).toBe('done');
    expect(widget.result).toEqual({ ms: 1000 });
  });

  it('interrupted with the key that stopped it', async () => {
    const widget = new FakeWidget({ play: [{ kind: 'interrupted', key: '#', consumed: true, ms: 300 }] });
    expect(await widget.run(play, { prompt, stopKeys: '#' })).toBe('interrupted');
    expect(widget.result).toEqual({ ms: 300, key: '#' });
  });

  it('interrupted leads where done leads when nobody wired it', () => {
    expect(play.exits(play.config.parse({ prompt }), [])['interrupted']?.fallback).toBe('done');
  });

  it('failed with the code when a prompt cannot be played', async () => {
    const widget = new FakeWidget({ play: [failed('PROMPT_NOT_FOUND')] });
    expect(await widget.run(play, { prompt })).toBe('failed');
    expect(widget.result).toMatchObject({ error: 'PROMPT_NOT_FOUND' });
  });
});
