import { describe, expect, it } from 'vitest';
import { counter } from '../../../src/widgets/counter.js';
import { resetCounter } from '../../../src/widgets/reset-counter.js';
import { exitsOf, FakeWidget, problemsOf } from '../../support/fake-widget-context.js';

describe('resetCounter: name', () => {
  it('lets the counter of that name begin at its start again', async () => {
    const widget = new FakeWidget();
    await widget.run(counter, { name: 'tries', start: 5, limit: 9 });
    await widget.run(counter, { name: 'others', limit: 9 });
    await widget.run(resetCounter, { name: 'tries' });
    expect(widget.vars.get('$flow.key.tries')).toBeUndefined();
    expect(widget.vars.get('$flow.key.others')).toBe(1);
    await widget.run(counter, { name: 'tries', start: 5, limit: 9 });
    expect(widget.vars.get('$flow.key.tries')).toBe(6);
  });

  it('may name a counter that has not counted yet', async () => {
    expect(await new FakeWidget().run(resetCounter, { name: 'tries' })).toBe('next');
  });

  it('has only letters, digits and _', () => {
    expect(problemsOf(resetCounter, { name: 'a-b' })).toHaveLength(1);
  });
});

describe('resetCounter: exits', () => {
  it('is next', () => {
    expect(exitsOf(resetCounter, { name: 'tries' })).toEqual(['next']);
  });
});
