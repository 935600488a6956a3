import { describe, expect, it } from 'vitest';
import { HostNames } from '../../../../src/media/sdp/host-names.js';

const MOST_AT_ONCE = 16;

describe('host names in c= lines', () => {
  it('are asked for once a minute', async () => {
    let now = 0;
    const asked: string[] = [];
    const names = new HostNames(
      (name) => {
        asked.push(name);
        return Promise.resolve([`192.0.2.${asked.length}`]);
      },
      () => now,
    );
    expect(await names.find('a.example')).toBe('192.0.2.1');
    now = 59_999;
    expect(await names.find('a.example')).toBe('192.0.2.1');
    now = 60_000;
    expect(await names.find('a.example')).toBe('192.0.2.2');
    expect(asked).toHaveLength(2);
  });

  it('that do not exist have no address, and that is remembered too', async () => {
    let asked = 0;
    const names = new HostNames(
      () => {
        asked++;
        return Promise.reject(new Error('ENOTFOUND'));
      },
      () => 0,
    );
    expect(await names.find('no.example')).toBeNull();
    expect(await names.find('no.example')).toBeNull();
    expect(asked).toBe(1);
  });

  it.each([
    [['224.0.0.1', '192.0.2.5'], '192.0.2.5'],
    [['255.255.255.255'], null],
    [['0.0.0.0'], null],
    [['ff02::1', '2001:db8::1'], '2001:db8::1'],
    [['::'], null],
    [[], null],
  ])('never stand for a group or nobody: %j is %j', async (addresses, expected) => {
    expect(await new HostNames(() => Promise.resolve(addresses)).find('x.example')).toBe(expected);
  });

  it('are not asked for beyond so many at once', async () => {
    const answers: ((addresses: string[]) => void)[] = [];
    const names = new HostNames(() => new Promise((resolve) => answers.push(resolve)));
    const finding = Array.from({ length: MOST_AT_ONCE }, (_, i) => names.find(`${i}.example`));
    expect(await names.find('one-more.example')).toBeNull();
    for (const answer of answers) answer(['192.0.2.1']);
    expect(await Promise.all(finding)).toEqual(Array(MOST_AT_ONCE).fill('192.0.2.1'));
    const later = names.find('one-more.example');
    answers.at(-1)?.(['192.0.2.2']);
    expect(await later).toBe('192.0.2.2');
  });
});
