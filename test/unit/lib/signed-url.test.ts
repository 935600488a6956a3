import fc from 'fast-check';
import { expect, it } from 'vitest';
import { signPath, verifyPath } from '../../../src/lib/signed-url.js';

const key = Buffer.alloc(32, 1);

function parts(link: string): { path: string; expires: string; signature: string } {
  const found = /^(.*)\?expires=(\d+)&signature=([\w-]+)$/.exec(link);
  return { path: found?.[1] ?? '', expires: found?.[2] ?? '', signature: found?.[3] ?? '' };
}

it('a signed path is good until its time and for nothing else', () => {
  const { path, expires, signature } = parts(signPath(key, '/recordings/a.wav', { now: 1_000_500, lifeMs: 60_000 }));
  expect(expires).toBe('1060');
  const verify = (request: Partial<{ method: string; path: string; now: number }>, received = { expires, signature }) =>
    verifyPath(key, { method: 'GET', path, now: 1_000_500, ...request }, received);
  expect(verify({})).toBe('ok');
  expect(verify({ now: 1_059_999 })).toBe('ok');
  expect(verify({ now: 1_060_000 })).toBe('expired');
  expect(verify({ method: 'DELETE' })).toBe('invalid');
  expect(verify({ path: '/recordings/b.wav' })).toBe('invalid');
  expect(verify({}, { expires: '1061', signature })).toBe('invalid');
  expect(verify({}, { expires, signature: `${signature}=` })).toBe('invalid');
  expect(verifyPath(Buffer.alloc(32, 2), { method: 'GET', path, now: 0 }, { expires, signature })).toBe('invalid');
});

it('whatever is received, the answer is a verdict', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (expires, signature) => {
      expect(verifyPath(key, { method: 'GET', path: '/x', now: 0 }, { expires, signature })).toBe('invalid');
    }),
  );
});

it('a short key is refused', () => {
  expect(() => signPath(Buffer.alloc(31), '/x', { now: 0, lifeMs: 1 })).toThrow(RangeError);
});

it.each([
  { days: 3659, seconds: 3659 * 86_400 },
  { days: 3660, seconds: 3660 * 86_400 },
  { days: 3661, seconds: 3660 * 86_400 },
])('is good for ten years at most: $days days', ({ days, seconds }) => {
  expect(parts(signPath(key, '/x', { now: 0, lifeMs: days * 86_400_000 })).expires).toBe(String(seconds));
});
