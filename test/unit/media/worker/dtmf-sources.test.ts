import { describe, expect, it } from 'vitest';
import { DtmfSources, type DtmfSource } from '../../../../src/media/worker/dtmf-sources.js';

/** What counts of presses written `key source ms`, e.g. `1 rtp 0`. */
function counted(...presses: readonly string[]): string {
  const sources = new DtmfSources();
  return presses
    .map((press) => press.split(' ') as [string, DtmfSource, string])
    .filter(([key, source, at]) => sources.take(key, source, Number(at)))
    .map(([key]) => key)
    .join('');
}

describe('keys that may come as RTP events and by INFO', () => {
  it.each([
    ['RTP alone', ['1 rtp 0', '1 rtp 200', '2 rtp 400'], '112'],
    ['INFO alone', ['1 info 0', '1 info 200', '2 info 400'], '112'],
    ['one source after the other', ['1 info 0', '2 info 300', '3 rtp 600', '4 rtp 900'], '1234'],
    ['the same key from the other source, much later', ['1 info 0', '1 rtp 2500'], '11'],
  ])('%s: each counts', (_, presses, keys) => {
    expect(counted(...presses)).toBe(keys);
  });

  it.each([
    ['RTP first', ['1 rtp 0', '1 info 100', '1 rtp 300', '1 info 400', '2 rtp 600', '2 info 700'], '112'],
    ['INFO first', ['1 info 0', '1 rtp 20', '1 info 300', '1 rtp 320', '2 info 600', '2 rtp 620'], '112'],
    ['INFO when the key is let go', ['1 rtp 0', '1 info 900', '5 rtp 1000', '5 info 6000'], '15'],
    ['INFO behind several keys', ['1 rtp 0', '2 rtp 200', '3 rtp 400', '1 info 450', '2 info 500', '3 info 550'], '123'],
    ['after a pause', ['1 info 0', '1 rtp 20', '2 info 60000', '2 rtp 60020', '2 info 60200', '2 rtp 60220'], '122'],
    ['RTP behind several keys', ['1 info 0', '2 info 100', '1 rtp 450', '2 rtp 500', '3 info 800', '3 rtp 850'], '123'],
  ])('both sources, %s: each press counts once', (_, presses, keys) => {
    expect(counted(...presses)).toBe(keys);
  });

  it('INFO alone after a transfer from a phone that sent both: each counts', () => {
    expect(counted('1 rtp 0', '1 info 20', '4 info 12000', '7 info 12300', '7 info 12600')).toBe('1477');
  });
});
