import { describe, expect, it } from 'vitest';
import { asText } from '../../../src/flow/variables/escape.js';
import { exactNumber } from '../../../src/lib/number/exact-number.js';
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

  it.each([
    [0.1, 0.2, '0.3'],
    [exactNumber('7615917337495251231'), 1, '7615917337495251232'],
    ['9007199254740993', -1, '9007199254740992'],
    [exactNumber('12.50'), 0.25, '12.75'],
    [exactNumber('1e400'), 1, '6'],
  ])('no digit of the count is lost: %s and %d', async (before, step, count) => {
    const widget = new FakeWidget();
    widget.vars.set('$flow.key.tries', before);
    await widget.run(counter, { name: 'tries', start: 5, step, limit: 3 });
    expect(asText(widget.vars.get('$flow.key.tries'))).toBe(count);
  });

  it.each([
    ['9007199254740994', 'below'],
    ['9007199254740993', 'reached'],
  ])('the limit is compared by all digits: down from %s', async (before, exit) => {
    const widget = new FakeWidget();
    widget.vars.set('$flow.key.tries', before);
    expect(await widget.run(counter, { name: 'tries', step: -1, limit: 9007199254740992 })).toBe(exit);
  });

  it('a replay of a call of before counts as then', async () => {
    const widget = new FakeWidget({ textsAsNumbers: true });
    widget.vars.set('$flow.key.tries', 0.1);
    await widget.run(counter, { name: 'tries', step: 0.2, limit: 3 });
    expect(widget.vars.get('$flow.key.tries')).toBe(0.1 + 0.2);
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
