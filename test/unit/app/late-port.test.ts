import { describe, expect, it } from 'vitest';
import { Late } from '../../../src/app/late-port.js';

describe('a port that is bound late', () => {
  it('gives its provider from then on', () => {
    const late = new Late<object>('the API');
    const provider = {};
    expect(late.bind(provider)).toBe(provider);
    expect(late.get()).toBe(provider);
  });

  it('says by name that it is used before it is built', () => {
    expect(() => new Late('the API').get()).toThrow('the API is used before it is built');
  });

  it('is bound once', () => {
    const late = new Late<number>('the API');
    late.bind(1);
    expect(() => late.bind(2)).toThrow('the API is bound already');
    expect(late.get()).toBe(1);
  });
});
