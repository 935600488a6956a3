import { describe, expect, it } from 'vitest';
import { ResponseBody } from '../../../src/http/body.js';

const text = (bytes: number): Buffer => Buffer.from(Array.from({ length: bytes }, (_, i) => i % 251));

describe('the body of a response', () => {
  it.each([
    ['in one piece', 300_000],
    ['byte by byte', 1],
    ['in packets', 1448],
  ])('is whole when it comes %s', (_how, step) => {
    const whole = text(300_000);
    const body = new ResponseBody();
    for (let at = 0; at < whole.length; at += step) body.append(whole.subarray(at, at + step));
    expect(body.size).toBe(whole.length);
    expect(body.whole().equals(whole)).toBe(true);
  });

  it('may be empty', () => {
    expect(new ResponseBody().whole()).toHaveLength(0);
  });

  it('holds nothing of what it came with', () => {
    const packet = Buffer.alloc(65_536, 'a');
    const body = new ResponseBody();
    body.append(packet.subarray(0, 10));
    packet.fill('b');
    expect(body.whole().toString()).toBe('a'.repeat(10));
  });
});
