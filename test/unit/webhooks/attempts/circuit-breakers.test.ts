import { beforeEach, describe, expect, it } from 'vitest';
import { CircuitBreakers, type BreakerPolicy } from '../../../../src/webhooks/attempts/circuit-breakers.js';
import { VirtualClock } from '../../../support/virtual-clock.js';

const POLICY: BreakerPolicy = { failures: 3, windowMs: 10_000, openMs: 5000, serverErrors: false };
const A = 'https://a.example';
const B = 'https://b.example';

let clock: VirtualClock;
let breakers: CircuitBreakers;
beforeEach(() => {
  clock = new VirtualClock();
  breakers = new CircuitBreakers(POLICY, clock);
});

function fail(origin: string, times: number): void {
  for (let i = 0; i < times; i += 1) breakers.settle(origin, 'yes', 'dead');
}

describe('the circuit of an origin', () => {
  it('opens at so many failures in a row, and only its own', () => {
    fail(A, 2);
    expect(breakers.admit(A)).toBe('yes');
    expect(breakers.settle(A, 'yes', 'dead')).toBe('opened');
    expect(breakers.admit(A)).toBe('no');
    expect(breakers.admit(B)).toBe('yes');
    expect(breakers.open).toBe(1);
  });

  it('starts counting anew after a success', () => {
    fail(A, 2);
    breakers.settle(A, 'yes', 'alive');
    fail(A, 2);
    expect(breakers.admit(A)).toBe('yes');
  });

  it('counts no failure that is older than the window', async () => {
    fail(A, 2);
    await clock.advance(10_001);
    fail(A, 2);
    expect(breakers.admit(A)).toBe('yes');
    fail(A, 1);
    expect(breakers.admit(A)).toBe('no');
  });

  it('counts a failure that is exactly as old as the window', async () => {
    fail(A, 2);
    await clock.advance(10_000);
    fail(A, 1);
    expect(breakers.admit(A)).toBe('no');
  });

  it('is not moved by what says nothing', () => {
    fail(A, 2);
    for (let i = 0; i < 10; i += 1) breakers.settle(A, 'yes', 'neither');
    expect(breakers.admit(A)).toBe('yes');
    fail(A, 1);
    expect(breakers.admit(A)).toBe('no');
  });

  it('lets a single request probe when its time is over', async () => {
    fail(A, 3);
    await clock.advance(4999);
    expect(breakers.admit(A)).toBe('no');
    await clock.advance(1);
    expect(breakers.refuses(A)).toBe(false);
    expect([breakers.admit(A), breakers.admit(A), breakers.admit(A)]).toEqual(['probe', 'no', 'no']);
  });

  it('closes with a probe that lives and opens again with one that does not', async () => {
    fail(A, 3);
    await clock.advance(5000);
    expect(breakers.settle(A, breakers.admit(A) as 'probe', 'dead')).toBe('none');
    expect(breakers.admit(A)).toBe('no');
    await clock.advance(5000);
    expect(breakers.settle(A, breakers.admit(A) as 'probe', 'alive')).toBe('closed');
    expect(breakers.admit(A)).toBe('yes');
    expect(breakers.open).toBe(0);
  });

  it('probes again at once when a probe told nothing: its caller hung up', async () => {
    fail(A, 3);
    await clock.advance(5000);
    breakers.settle(A, breakers.admit(A) as 'probe', 'neither');
    expect(breakers.admit(A)).toBe('probe');
  });

  it('is not moved by requests that were sent before it opened', async () => {
    fail(A, 3);
    breakers.settle(A, 'yes', 'alive');
    expect(breakers.admit(A)).toBe('no');
    await clock.advance(5000);
    expect(breakers.admit(A)).toBe('probe');
    fail(A, 5);
    expect(breakers.settle(A, 'probe', 'alive')).toBe('closed');
  });

  it('never opens with 0 failures', () => {
    breakers = new CircuitBreakers({ ...POLICY, failures: 0 }, clock);
    fail(A, 1000);
    expect(breakers.admit(A)).toBe('yes');
  });

  it('memory is bounded: the origins used longest ago are forgotten', () => {
    fail(A, 3);
    for (let i = 0; i < 2000; i += 1) fail(`https://h${i}.example`, 3);
    expect(breakers.open).toBe(1000);
    expect(breakers.admit(A)).toBe('yes');
    expect(breakers.admit('https://h1999.example')).toBe('no');
  });
});
