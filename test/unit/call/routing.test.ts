import { describe, expect, it } from 'vitest';
import { createRoutes, normaliseNumber } from '../../../src/call/routing.js';

describe('numbers', () => {
  it.each([
    ['+4930123', '4930123'],
    ['+49 (30) 12-3.4', '49301234'],
    [' 100 ', '100'],
    ['*31#100', '*31#100'],
    ['order-status', 'order-status'],
    ['Sales.EU', 'Sales.EU'],
    ['', ''],
  ])('%j is %j', (user, number) => {
    expect(normaliseNumber(user)).toBe(number);
  });
});

describe('the number plan', () => {
  const routes = createRoutes([
    { number: '+49 30 1234', flow: 'exact' },
    { number: '+4930*', flow: 'berlin' },
    { number: '49*', flow: 'germany' },
    { number: 'order-status', flow: 'orders' },
    { number: '*', flow: 'default' },
    { number: '49*', flow: 'second' },
  ]);

  it.each([
    ['49301234', 'exact'],
    ['493012345', 'berlin'],
    ['4930', 'berlin'],
    ['4940', 'germany'],
    ['order-status', 'orders'],
    ['1', 'default'],
    ['', 'default'],
  ])('%j goes to %s', (number, flow) => {
    expect(routes.find(normaliseNumber(number))?.flow).toBe(flow);
  });

  it('without a default, an unknown number has no flow', () => {
    const small = createRoutes([{ number: '100', flow: 'a' }]);
    expect(small.find('1000')).toBeNull();
    expect(createRoutes([]).find('100')).toBeNull();
  });
});
