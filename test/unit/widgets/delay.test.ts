import { describe, expect, it } from 'vitest';
import { delay } from '../../../src/widgets/delay.js';
import { exitsOf, failed, FakeWidget, problemsOf } from '../../support/fake-widget-context.js';

const audio = (config: object): boolean =>
  typeof delay.audio === 'function' ? delay.audio(delay.config.parse(config)) : delay.audio;

describe('delay: seconds', () => {
  it('waits that long', async () => {
    const widget = new FakeWidget();
    expect(await widget.run(delay, { seconds: 1.5 })).toBe('next');
    expect(widget.ops).toEqual([{ op: 'sleep', request: 1500 }]);
  });

  it.each([0, 0.09, 7201, '5'])('refuses %j', (seconds) => {
    expect(problemsOf(delay, { seconds })).toHaveLength(1);
  });

  it.each([0.1, 7200])('takes %d', (seconds) => {
    expect(problemsOf(delay, { seconds })).toEqual([]);
  });
});

describe('delay: music', () => {
  it('is silent by default and then needs no audio, so that anchors may wait', () => {
    expect(audio({ seconds: 1 })).toBe(false);
    expect(audio({ seconds: 1, music: true })).toBe(true);
  });

  it('plays the default hold music while it waits and stops it after', async () => {
    const widget = new FakeWidget();
    await widget.run(delay, { seconds: 60, music: true });
    expect(widget.ops).toEqual([
      { op: 'startMusic', request: { source: 'default', startDelayMs: 0 } },
      { op: 'sleep', request: 60_000 },
      { op: 'stopMusic', request: null },
    ]);
  });

  it('plays a segment of its own', async () => {
    const widget = new FakeWidget();
    await widget.run(delay, { seconds: 1, music: { file: 'waiting.wav' } });
    expect(widget.of('startMusic')).toEqual([{ source: { kind: 'file', file: 'waiting.wav' }, startDelayMs: 0 }]);
  });

  it('falls back to the default when its own cannot be played, and says why', async () => {
    const widget = new FakeWidget({ music: [failed('PROMPT_NOT_FOUND'), 'done'] });
    expect(await widget.run(delay, { seconds: 1, music: { file: 'gone.wav' } })).toBe('next');
    expect(widget.of('startMusic')).toHaveLength(2);
    expect(widget.result).toMatchObject({ error: 'PROMPT_NOT_FOUND' });
  });

  it('waits all the same when no music can be played', async () => {
    const widget = new FakeWidget({ music: [failed('CALL_ENDED')] });
    expect(await widget.run(delay, { seconds: 1, music: true })).toBe('next');
    expect(widget.of('sleep')).toEqual([1000]);
  });
});

describe('delay: exits', () => {
  it('is next', () => {
    expect(exitsOf(delay, { seconds: 1 })).toEqual(['next']);
  });
});
