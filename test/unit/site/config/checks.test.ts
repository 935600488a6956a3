import { describe, expect, it } from 'vitest';
import { checkSettings } from '../../../../src/site/config/checks.js';
import { configSchema } from '../../../../src/site/config/schema.js';

const said = (settings: object): readonly string[] =>
  checkSettings(configSchema.parse(settings)).map(({ severity, message }) => `${severity}: ${message}`);

describe('the range of RTP ports', () => {
  const range = (from: number, to: number): readonly string[] => said({ media: { ports: { from, to } }, limits: { calls: 1 } });

  it.each([
    [20_001, 20_000],
    [20_000, 20_000],
  ])('%i to %i is none', (from, to) => {
    expect(range(from, to)).toEqual([`error: from ${from} to ${to} is no range of ports`]);
  });

  it('two ports are enough for one call', () => {
    expect(range(20_000, 20_001)).toEqual([]);
  });

  // A call takes an even port and leaves the odd one behind it free.
  it.each([
    [20_000, 20_009, 4, []],
    [20_000, 20_009, 5, []],
    [20_000, 20_009, 6, ['warning: 10 RTP ports are enough for 5 calls, but limits.calls allows 6']],
    [20_001, 20_010, 5, []],
    [20_001, 20_009, 4, []],
    [20_001, 20_009, 5, ['warning: 9 RTP ports are enough for 4 calls, but limits.calls allows 5']],
  ])('%i to %i for %i calls', (from, to, calls, expected) => {
    expect(said({ media: { ports: { from, to } }, limits: { calls } })).toEqual(expected);
  });
});

describe('the API', () => {
  const key = 'k'.repeat(16);

  it.each([
    ['127.0.0.1', [], true],
    ['::1', [], true],
    ['0.0.0.0', [], false],
    ['0.0.0.0', [key], true],
    ['192.0.2.1', [], false],
  ])('on %s with the keys %j may be opened: %s', (host, keys, opens) => {
    expect(said({ api: { host, keys } }).length === 0).toBe(opens);
  });

  it('a key that is too short is not in what is said', () => {
    const [problem] = checkSettings(configSchema.parse({ api: { keys: ['hunter2-hunter2'] } }));
    expect(problem?.path).toBe('$.api.keys[0]');
    expect(JSON.stringify(problem)).not.toContain('hunter2');
  });
});
