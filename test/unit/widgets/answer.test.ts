import { describe, expect, it } from 'vitest';
import { answer } from '../../../src/widgets/answer.js';
import { exitsOf, failed, FakeWidget, problemsOf } from '../../support/fake-widget-context.js';

describe('answer: delay', () => {
  it('answers at once by default', async () => {
    const widget = new FakeWidget();
    await widget.run(answer, {});
    expect(widget.ops.map(({ op }) => op)).toEqual(['answer']);
  });

  it('lets the caller hear ringing first', async () => {
    const widget = new FakeWidget();
    await widget.run(answer, { delay: 2.5 });
    expect(widget.ops).toEqual([
      { op: 'sleep', request: 2500 },
      { op: 'answer', request: null },
    ]);
  });

  it.each([-1, 61])('refuses %d seconds', (delay) => {
    expect(problemsOf(answer, { delay })).toHaveLength(1);
  });
});

describe('answer: exits', () => {
  it('are next and failed', () => {
    expect(exitsOf(answer, {})).toEqual(['next', 'failed']);
  });

  it('next when the call is answered', async () => {
    expect(await new FakeWidget().run(answer, {})).toBe('next');
  });

  it('failed with the code when it cannot be answered', async () => {
    const widget = new FakeWidget({ answer: failed('CALL_ENDED') });
    expect(await widget.run(answer, {})).toBe('failed');
    expect(widget.result).toMatchObject({ error: 'CALL_ENDED' });
  });
});
