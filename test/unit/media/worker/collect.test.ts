import { describe, expect, it } from 'vitest';
import { Collect, KeyBuffer, LATE_TERMINATOR_MS, type CollectRules } from '../../../../src/media/worker/collect.js';

const rules = (change: Partial<CollectRules> = {}): CollectRules => ({
  bargeIn: true,
  min: 1,
  max: 4,
  endOn: '#',
  allow: '',
  firstDigitTimeoutMs: 5000,
  interDigitTimeoutMs: 3000,
  typeAhead: true,
  ...change,
});
const buffered = (keys: string): KeyBuffer => {
  const buffer = new KeyBuffer();
  for (const key of keys) buffer.push({ key, at: 0 });
  return buffer;
};
const left = (buffer: KeyBuffer): string => {
  let keys = '';
  for (let press = buffer.shift(); press !== undefined; press = buffer.shift()) keys += press.key;
  return keys;
};
/** A collect without prompt (or with one), at time 0. */
const begin = (change: Partial<CollectRules> = {}, prompting = false, buffer = new KeyBuffer()): Collect =>
  new Collect(rules(change), buffer, { prompting, now: 0 });
const type = (collect: Collect, keys: string, now = 0): void => {
  for (const key of keys) collect.key(key, now);
};

describe('collect', () => {
  it('ends with the last of max digits', () => {
    const collect = begin();
    type(collect, '123');
    expect(collect.end).toBeNull();
    type(collect, '4');
    expect(collect.end).toMatchObject({ kind: 'collected', digits: '1234', endedBy: 'max' });
  });

  it('ends with a terminator, which is a key but no digit', () => {
    const collect = begin({ endOn: '#*' });
    type(collect, '12*');
    expect(collect.end).toMatchObject({ kind: 'collected', digits: '12', endedBy: 'terminator' });
    expect(collect.end?.kind === 'collected' && collect.end.keys.map(({ key }) => key)).toEqual(['1', '2', '*']);
  });

  it('is too short under min, by terminator and by time-out', () => {
    const [terminated, timedOut] = [begin({ min: 3 }), begin({ min: 3 })];
    type(terminated, '#');
    expect(terminated.end).toMatchObject({ kind: 'tooShort', digits: '', endedBy: 'terminator' });
    type(timedOut, '12');
    timedOut.tick(3000);
    expect(timedOut.end).toMatchObject({ kind: 'tooShort', digits: '12', endedBy: 'timeout' });
  });

  it('accepts no digits at all where min is 0 and the caller says so', () => {
    const collect = begin({ min: 0 });
    type(collect, '#');
    expect(collect.end).toMatchObject({ kind: 'collected', digits: '', endedBy: 'terminator' });
  });

  it('has no input after the first-digit time-out, counted from the end of the prompt', () => {
    const collect = begin({}, true);
    collect.tick(60_000);
    expect(collect.end).toBeNull();
    collect.promptEnded(60_000);
    collect.tick(64_999);
    expect(collect.end).toBeNull();
    collect.tick(65_000);
    expect(collect.end).toEqual({ kind: 'noInput' });
  });

  it('waits the inter-digit time-out after every digit', () => {
    const collect = begin();
    collect.key('1', 4000);
    collect.key('2', 6000);
    collect.tick(8999);
    expect(collect.end).toBeNull();
    collect.tick(9000);
    expect(collect.end).toMatchObject({ kind: 'collected', digits: '12', endedBy: 'timeout' });
  });

  it('cuts its prompt with a key that counts, not with one that does not', () => {
    const collect = begin({ allow: '12' }, true);
    type(collect, '3');
    expect(collect.promptWanted).toBe(true);
    type(collect, '1');
    expect(collect.promptWanted).toBe(false);
    collect.tick(3000);
    expect(collect.end).toMatchObject({ digits: '1', endedBy: 'timeout' });
  });

  it('takes a terminator that is not among the allowed keys', () => {
    const collect = begin({ allow: '12' });
    type(collect, '13#');
    expect(collect.end).toMatchObject({ digits: '1', endedBy: 'terminator' });
  });

  it('drops keys during a prompt without barge-in', () => {
    const collect = begin({ bargeIn: false }, true);
    expect(collect.key('1', 0)).toBe('dropped');
    expect(collect.promptWanted).toBe(true);
    collect.promptEnded(1000);
    type(collect, '2#', 1000);
    expect(collect.end).toMatchObject({ digits: '2' });
  });

  it('takes what was typed ahead and leaves the rest for the next', () => {
    const buffer = buffered('123456');
    const collect = begin({}, true, buffer);
    expect(collect.end).toMatchObject({ digits: '1234', endedBy: 'max' });
    expect(left(buffer)).toBe('56');
  });

  it('skips its prompt when keys typed ahead begin the answer', () => {
    expect(begin({}, true, buffered('1')).promptWanted).toBe(false);
  });

  it('plays its prompt whole before it uses keys typed ahead, without barge-in', () => {
    const collect = begin({ bargeIn: false }, true, buffered('1234'));
    expect(collect.promptWanted).toBe(true);
    collect.promptEnded(1000);
    expect(collect.end).toMatchObject({ digits: '1234' });
  });

  it('forgets keys typed ahead when told to', () => {
    const buffer = buffered('1234');
    expect(begin({ typeAhead: false }, false, buffer).end).toBeNull();
    expect(left(buffer)).toBe('');
  });

  it('ends with what it has when another verb takes the stream', () => {
    const [some, none] = [begin(), begin()];
    type(some, '1');
    some.overtaken();
    none.overtaken();
    expect(some.end).toMatchObject({ kind: 'collected', digits: '1', endedBy: 'timeout' });
    expect(none.end).toEqual({ kind: 'noInput' });
  });

  describe('after the last of max digits', () => {
    const full = (): KeyBuffer => {
      const buffer = new KeyBuffer();
      type(begin({ endOn: '#*' }, false, buffer), '1234', 1000);
      return buffer;
    };

    it('swallows one terminator, as the next key', () => {
      const buffer = full();
      expect(buffer.swallows('*', 1000 + LATE_TERMINATOR_MS)).toBe(true);
      expect(buffer.swallows('*', 1000 + LATE_TERMINATOR_MS)).toBe(false);
    });

    it('swallows no other key, and no terminator after one', () => {
      const buffer = full();
      expect(buffer.swallows('1', 1100)).toBe(false);
      expect(buffer.swallows('#', 1200)).toBe(false);
    });

    it('swallows no terminator that comes late', () => {
      expect(full().swallows('#', 1001 + LATE_TERMINATOR_MS)).toBe(false);
    });

    it('swallows nothing where no key terminates, or one did', () => {
      const [none, done] = [new KeyBuffer(), new KeyBuffer()];
      type(begin({ endOn: '' }, false, none), '1234');
      type(begin({}, false, done), '12#');
      expect([none.swallows('#', 1), done.swallows('#', 1)]).toEqual([false, false]);
    });

    it('drops a terminator typed ahead, unless it stands alone', () => {
      const [near, far] = [buffered('1234#5'), buffered('1234')];
      far.push({ key: '#', at: LATE_TERMINATOR_MS + 1 });
      for (const buffer of [near, far]) begin({}, false, buffer);
      expect([left(near), left(far)]).toEqual(['5', '#']);
    });

    it('waits for it over a collect that forgets keys typed ahead', () => {
      const buffer = full();
      begin({ typeAhead: false }, false, buffer);
      expect(buffer.swallows('#', 1500)).toBe(true);
    });
  });

  it('keeps a bounded number of keys', () => expect(left(buffered('1'.repeat(1000)))).toHaveLength(64));
});
