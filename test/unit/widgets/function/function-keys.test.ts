import { describe, expect, it } from 'vitest';
import { functionConfig } from '../../../../src/widgets/function/config.js';
import { gatherKeys } from '../../../../src/widgets/function/keys.js';
import { FakeWidget } from '../../../support/fake-widget-context.js';

/** What goes into a function for this text of its input, with what a caller said in `$flow.key.x`. */
function gathered(value: string, said: string) {
  const widget = new FakeWidget();
  widget.vars.set('$flow.key.x', said);
  const config = functionConfig.parse({ function: 'linkcreation', keys: [{ name: '$flow.key.longUrl', value }] });
  return gatherKeys(config, widget.vars);
}

describe('an address among the inputs of a function', () => {
  it('takes values where they stand, encoded', () => {
    const { keys, refused } = gathered('https://shop.example/orders/$flow.key.x?a=$flow.key.x', 'a/b&c');
    expect(refused).toBeNull();
    expect(keys).toEqual([{ name: '$flow.key.longUrl', value: 'https://shop.example/orders/a%2Fb%26c?a=a%2Fb%26c' }]);
  });

  it.each([
    ['https://shop$flow.key.x/a', '.evil.example'],
    ['https://shop.example/$flow.key.x', '..'],
    ['https://shop.example/p/$flow.key.x/a', ''],
  ])('is refused where a value decides where it leads: %s', (value, said) => {
    expect(gathered(value, said).refused).toContain('$flow.key.x');
  });

  it('any other text is as it is', () => {
    expect(gathered('see $flow.key.x', '..')).toMatchObject({ refused: null, keys: [{ value: 'see ..' }] });
  });
});
