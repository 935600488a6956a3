import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteBudget, type BudgetShare } from '../../../src/http/byte-budget.js';

/* The memory for answers: who gets a place, who waits, and that nobody is forgotten. */

const POLICY = { bytes: 16, freeBytes: 1 };
const never = (): void => {
  throw new Error('was told to go on');
};

/** Shares of an origin that got a place of that size at once. */
function fill(budget: ByteBudget, origin: string, bytes: number): BudgetShare[] {
  const shares: BudgetShare[] = [];
  for (;;) {
    const share = budget.share(origin);
    if (!share.take(bytes, () => undefined)) {
      share.close();
      return shares;
    }
    shares.push(share);
  }
}

describe('the byte budget for answers', () => {
  it('leaves half of itself to others, and half of that to the next', () => {
    const budget = new ByteBudget(POLICY);
    expect(fill(budget, 'https://a.example', 1)).toHaveLength(8);
    expect(fill(budget, 'https://b.example', 1)).toHaveLength(4);
    expect(fill(budget, 'https://c.example', 1)).toHaveLength(2);
    expect(fill(budget, 'https://d.example', 1)).toHaveLength(1);
  });

  it('lets those who wait go on in order, as places are given back', () => {
    const budget = new ByteBudget(POLICY);
    const [first, second] = fill(budget, 'https://a.example', 4);
    const went: number[] = [];
    for (const index of [1, 2]) budget.share('https://a.example').take(4, () => went.push(index));
    first?.close();
    expect(went).toEqual([1]);
    second?.close();
    expect(went).toEqual([1, 2]);
  });

  it('never tells one to go on that was closed while it waited', () => {
    const budget = new ByteBudget(POLICY);
    const [held] = fill(budget, 'https://a.example', 8);
    const waiting = budget.share('https://a.example');
    expect(waiting.take(8, never)).toBe(false);
    waiting.close();
    held?.close();
    expect(budget.share('https://a.example').take(8, never)).toBe(true);
  });

  it('lets in what is larger than all of it, when it is alone', () => {
    const budget = new ByteBudget(POLICY);
    const large = budget.share('https://a.example');
    expect(large.take(20, never)).toBe(true);
    const next = budget.share('https://b.example');
    expect(next.take(2, () => undefined)).toBe(false);
    large.close();
    next.close();
    expect(fill(budget, 'https://b.example', 1)).toHaveLength(8);
  });

  it('is whole again after any coming and going, and nobody waits at it for ever', () => {
    const step = fc.record({ origin: fc.constantFrom('a', 'b', 'c'), bytes: fc.integer({ min: 1, max: 24 }), close: fc.nat(5) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const budget = new ByteBudget(POLICY);
        const open: { readonly share: BudgetShare; placed: boolean }[] = [];
        for (const { origin, bytes, close } of steps) {
          const entry = { share: budget.share(origin), placed: false };
          entry.placed = entry.share.take(bytes, () => (entry.placed = true));
          open.push(entry);
          if (close < open.length) open.splice(close, 1)[0]?.share.close();
        }
        while (open.length > 0) {
          // Among those who are left somebody has a place, always.
          const at = open.findIndex(({ placed }) => placed);
          expect(at).toBeGreaterThanOrEqual(0);
          open.splice(at, 1)[0]?.share.close();
        }
        expect(fill(budget, 'https://a.example', 1)).toHaveLength(8);
      }),
    );
  });
});
