import { describe, expect, it } from 'vitest';
import { hangup } from '../../../src/widgets/hangup.js';
import { exitsOf, failed, FakeWidget, problemsOf } from '../../support/fake-widget-context.js';

const prompt = [{ say: 'Goodbye.' }];
const audio = (config: object): boolean =>
  typeof hangup.audio === 'function' ? hangup.audio(hangup.config.parse(config)) : hangup.audio;

describe('hangup: prompt, level', () => {
  it('ends the call at once without one', async () => {
    const widget = new FakeWidget();
    await widget.run(hangup, {});
    expect(widget.ops.map(({ op }) => op)).toEqual(['hangup']);
    expect(audio({})).toBe(false);
  });

  it('is said to its end first', async () => {
    const widget = new FakeWidget();
    await widget.run(hangup, { prompt, level: 0.5 });
    expect(widget.ops.map(({ op }) => op)).toEqual(['play', 'hangup']);
    expect(widget.plays[0]).toMatchObject({ bargeIn: false, loop: 1, level: 0.5, stopKeys: '' });
    expect(audio({ prompt })).toBe(true);
  });

  it('does not keep the call up when it cannot be said', async () => {
    const widget = new FakeWidget({ play: [failed('SPEECH_FAILED')] });
    await widget.run(hangup, { prompt });
    expect(widget.of('hangup')).toHaveLength(1);
    expect(widget.result).toMatchObject({ error: 'SPEECH_FAILED' });
  });
});

describe('hangup: cause', () => {
  it('is 16, normal clearing, by default', async () => {
    const widget = new FakeWidget();
    await widget.run(hangup, {});
    expect(widget.of('hangup')).toEqual([{ cause: 16 }]);
  });

  it('is passed on', async () => {
    const widget = new FakeWidget();
    await widget.run(hangup, { cause: 17 });
    expect(widget.of('hangup')).toEqual([{ cause: 17 }]);
  });

  it.each([0, 128, 1.5, '16'])('refuses %j', (cause) => {
    expect(problemsOf(hangup, { cause })).toHaveLength(1);
  });
});

describe('hangup: disposition', () => {
  it('is kept for the report, with variables put in', async () => {
    const widget = new FakeWidget();
    await widget.run(hangup, { disposition: 'served $call.cli' });
    expect(widget.vars.get('$flow.key.disposition')).toBe('served +4915100000');
    expect(hangup.writes?.(hangup.config.parse({ disposition: 'x' }))).toEqual(['$flow.key.disposition']);
    expect(hangup.writes?.(hangup.config.parse({}))).toEqual([]);
  });
});

describe('hangup: exits', () => {
  it('has none and ends the flow', async () => {
    expect(exitsOf(hangup, {})).toEqual([]);
    expect(await new FakeWidget().run(hangup, {})).toBe('end');
  });
});
