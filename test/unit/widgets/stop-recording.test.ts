import { describe, expect, it } from 'vitest';
import { stopRecording } from '../../../src/widgets/stop-recording.js';
import { exitsOf, failed, FakeWidget, problemsOf } from '../../support/fake-widget-context.js';

describe('stopRecording: name', () => {
  it('ends the newest recording by default', async () => {
    const widget = new FakeWidget();
    await widget.run(stopRecording, {});
    expect(widget.of('stopRecording')).toEqual([{ name: null }]);
  });

  it('ends the one of that name', async () => {
    const widget = new FakeWidget();
    await widget.run(stopRecording, { name: 'message' });
    expect(widget.of('stopRecording')).toEqual([{ name: 'message' }]);
  });

  it('has only letters, digits, _ and -', () => {
    expect(problemsOf(stopRecording, { name: '../x' })).toHaveLength(1);
  });
});

describe('stopRecording: exits', () => {
  it('next with id, name, length and size', async () => {
    const widget = new FakeWidget();
    expect(await widget.run(stopRecording, { name: 'message' })).toBe('next');
    expect(widget.result).toEqual({ recording: 'rec-1', name: 'message', seconds: 1.23, bytes: 9999 });
    expect(exitsOf(stopRecording, {})).toEqual(['next', 'failed']);
  });

  it('failed when none runs', async () => {
    const widget = new FakeWidget({ stopRecording: failed('RECORDING_NOT_FOUND') });
    expect(await widget.run(stopRecording, {})).toBe('failed');
    expect(widget.result).toMatchObject({ error: 'RECORDING_NOT_FOUND' });
  });

  it('may run in an anchor', () => {
    expect(stopRecording.audio).toBe(false);
  });
});
