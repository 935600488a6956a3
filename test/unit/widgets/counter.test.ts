import { describe, expect, it } from 'vitest';
import { counter } from '../../../src/widgets/counter.js';
import { exitsOf, FakeWidget, problemsOf } from '../../support/fake-widget-context.js';

/** The exits of so many visits. */
async function visits(count: number, config: object): Promise<[readonly string[], FakeWidget]> {
  const widget = new FakeWidget();
  const exits = [];
  for (let visit = 0; visit < count; visit += 1) exits.push(await widget.run(counter, config));
  return [exits, widget];
}

describe('counter: start, step, limit', () => {
  it('counts visits from 0 by 1', async () => {
    const [exits, widget] = await visits(4, { name: 'tries', limit: 3 });
    expect(exits).toEqual(['below', 'below', 'reached', 'reached']);
    expect(widget.vars.get('$flow.key.tries')).toBe(4);
    expect(widget.result).toEqual({ count: 4 });
  });

  it('begins at start and adds step', async () => {
    const [exits, widget] = await visits(2, { name: 'tries', start: 10, step: 2.5, limit: 15 });
    expect(exits).toEqual(['below', 'reached']);
    expect(widget.vars.get('$flow.key.tries')).toBe(15);
  });

  it('counts down to its limit with a negative step', async () => {
    const [exits] = await visits(3, { name: 'tries', start: 2, step: -1, limit: 0 });
    expect(exits).toEqual(['below', 'reached', 'reached']);
  });

  it('begins anew when the variable holds no number', async () => {
    const widget = new FakeWidget();
    widget.vars.set('$flow.key.tries', 'many');
    await widget.run(counter, { name: 'tries', limit: 3 });
    expect(widget.vars.get('$flow.key.tries')).toBe(1);
  });

  it.each([{ step: 0 }, { limit: undefined }, { limit: '3' }, { name: 'a b' }, { name: '' }])('refuses %j', (fields) => {
    expect(problemsOf(counter, { name: 'tries', limit: 3, ...fields })).toHaveLength(1);
  });
});

describe('counter: name and exits', () => {
  it('keeps its count in $flow.key, which counts as declared', () => {
    expect(counter.writes?.(counter.config.parse({ name: 'tries', limit: 1 }))).toEqual(['$flow.key.tries']);
  });

  it('exits are below and reached', () => {
    expect(exitsOf(counter, { name: 'tries', limit: 1 })).toEqual(['below', 'reached']);
  });
});
