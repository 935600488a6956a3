import { describe, expect, it } from 'vitest';
import { startRecording } from '../../../src/widgets/start-recording.js';
import { exitsOf, failed, FakeWidget, problemsOf } from '../../support/fake-widget-context.js';

describe('startRecording: name, tracks, beep, maxSeconds', () => {
  it('records both sides without a beep until the call ends by default', async () => {
    const widget = new FakeWidget();
    expect(await widget.run(startRecording, {})).toBe('next');
    expect(widget.of('startRecording')).toEqual([{ name: 'recording', tracks: 'both', beep: false, maxMs: 0 }]);
  });

  it('passes its settings on', async () => {
    const widget = new FakeWidget();
    await widget.run(startRecording, { name: 'message', tracks: 'caller', beep: true, maxSeconds: 1.5 });
    expect(widget.of('startRecording')).toEqual([{ name: 'message', tracks: 'caller', beep: true, maxMs: 1500 }]);
  });

  it.each([{ name: '../x' }, { name: '' }, { tracks: 'left' }, { maxSeconds: -1 }, { maxSeconds: 7201 }])(
    'refuses %j',
    (config) => {
      expect(problemsOf(startRecording, config)).toHaveLength(1);
    },
  );
});

describe('startRecording: exits', () => {
  it('next with the id of the recording', async () => {
    const widget = new FakeWidget();
    await widget.run(startRecording, {});
    expect(widget.result).toEqual({ recording: 'rec-1', name: 'recording' });
    expect(exitsOf(startRecording, {})).toEqual(['next', 'failed']);
  });

  it('failed with the code', async () => {
    const widget = new FakeWidget({ startRecording: failed('RECORDING_FAILED') });
    expect(await widget.run(startRecording, {})).toBe('failed');
    expect(widget.result).toMatchObject({ error: 'RECORDING_FAILED' });
  });
});
