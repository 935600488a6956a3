import { describe, expect, it } from 'vitest';
import { createRoutes, normaliseNumber } from '../../../../src/call/inbound/routing.js';

describe('numbers', () => {
  it.each([
    ['+4930123', '4930123'],
    ['+49 (30) 12-3.4', '49301234'],
    [' 100 ', '100'],
    ['*31#100', '*31#100'],
    ['order-status', 'order-status'],
    ['Sales.EU', 'Sales.EU'],
    // Separators alone are no number: as a prefix they would be everybody's.
    ['-', '-'],
    ['', ''],
  ])('%j is %j', (user, number) => {
    expect(normaliseNumber(user)).toBe(number);
  });
});

describe('the number plan', () => {
  const routes = createRoutes([
    { kind: 'exact', number: '+49 30 1234', flow: 'exact' },
    { kind: 'prefix', number: '+4930', flow: 'berlin' },
    { kind: 'prefix', number: '49', flow: 'germany' },
    { kind: 'exact', number: 'order-status', flow: 'orders' },
    { kind: 'default', flow: 'default' },
    { kind: 'prefix', number: '49', flow: 'second' },
    { kind: 'exact', number: '*98*', flow: 'voicemail' },
    { kind: 'prefix', number: '*', flow: 'star codes' },
  ]);

  it.each([
    ['49301234', 'exact'],
    ['493012345', 'berlin'],
    ['4930', 'berlin'],
    ['4940', 'germany'],
    ['order-status', 'orders'],
    ['*98*', 'voicemail'],
    ['*98', 'star codes'],
    ['*98*1', 'star codes'],
    ['1', 'default'],
    ['', 'default'],
  ])('%j goes to %s', (number, flow) => {
    expect(routes.find(normaliseNumber(number))?.flow).toBe(flow);
  });

  it('without a default, an unknown number has no flow', () => {
    const small = createRoutes([{ kind: 'exact', number: '100', flow: 'a' }]);
    expect(small.find('1000')).toBeNull();
    expect(createRoutes([]).find('100')).toBeNull();
  });
});
