import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../../src/lib/clock.js';
import { XmlReader } from '../../../../src/webhooks/answer/xml-reader.js';

const query = (text: string, path: string) => ({ text, xmlPaths: 'xpath', pathRoot: 'document', paths: [path] }) as const;

/** Compares every pair of a few thousand elements: many seconds of work. */
const EVIL = query(`<a>${'<b>1</b>'.repeat(9990)}</a>`, '//b[count(//b[. != "2"]) > 20000]');

describe('the thread that reads XML', () => {
  it('answers in order', async () => {
    const reader = new XmlReader(systemClock);
    const answers = await Promise.all([1, 2, 3].map((n) => reader.query(query(`<a>${n}</a>`, '/a'))));
    expect(answers).toEqual([1, 2, 3].map((n) => ({ ok: true, value: [{ found: true, value: String(n) }] })));
  });

  it('answers short documents before large ones that wait', async () => {
    const reader = new XmlReader(systemClock);
    const order: string[] = [];
    const read = (name: string, text: string) => reader.query(query(text, '/a')).then(() => order.push(name));
    const large = `<a>${' '.repeat(10_000)}</a>`;
    await Promise.all([read('large', large), read('large too', large), read('small', '<a/>'), read('small too', '<a/>')]);
    expect(order).toEqual(['small', 'small too', 'large', 'large too']);
  });

  it('does not keep the process alive', async () => {
    const ports = () => process.getActiveResourcesInfo().filter((name) => name === 'MessagePort').length;
    const before = ports();
    await new XmlReader(systemClock).query(query('<a/>', '/a'));
    expect(ports()).toBe(before);
  });

  it('is replaced when a document takes too long; whoever waits is served, and nobody else is held up', async () => {
    const reader = new XmlReader(systemClock);
    await reader.query(query('<a/>', '/a'));
    let longestGap = 0;
    let last = performance.now();
    const ticker = setInterval(() => {
      longestGap = Math.max(longestGap, performance.now() - last);
      last = performance.now();
    }, 5);
    const [evil, good] = await Promise.all([reader.query(EVIL), reader.query(query('<a>5</a>', '/a'))]);
    clearInterval(ticker);
    expect(evil).toEqual({ ok: false, error: 'the XML takes too long to search' });
    expect(good).toEqual({ ok: true, value: [{ found: true, value: '5' }] });
    expect(longestGap).toBeLessThan(900);
  });

  it.each(['xpath', 'dotted'] as const)('has the memory for the largest documents there may be (%s)', async (xmlPaths) => {
    const reader = new XmlReader(systemClock);
    await reader.query(query('<a/>', '/a'));
    const text = `<a>${Array.from({ length: 9990 }, (_, i) => `<b>${String(i).padEnd(95, 'é')}</b>`).join('')}</a>`;
    const path = xmlPaths === 'xpath' ? '/a/b[9990]' : 'a.b[9989]';
    const found = await reader.query({ ...query(text, path), xmlPaths });
    expect(found).toEqual({ ok: true, value: [{ found: true, value: '9989'.padEnd(95, 'é') }] });
  });

  it('takes no more than it can hold', async () => {
    const reader = new XmlReader(systemClock);
    const many = await Promise.all(Array.from({ length: 110 }, () => reader.query(query('<a/>', '/a'))));
    expect(many.filter(({ ok }) => !ok)).toHaveLength(10);
  });

  it('nor more characters: the largest gives way, so that many large ones leave room for a small one', async () => {
    const reader = new XmlReader(systemClock);
    const large = query(`<a>${' '.repeat(1_000_000)}</a>`, '/a');
    const [smalls, larges] = await Promise.all([
      Promise.all(Array.from({ length: 5 }, () => reader.query(query('<a/>', '/a')))),
      Promise.all(Array.from({ length: 20 }, () => reader.query(large))),
    ]);
    const last = await reader.query(query('<a/>', '/a'));
    expect([...smalls, last].every(({ ok }) => ok)).toBe(true);
    expect(larges.filter(({ ok }) => !ok)).toHaveLength(12);
  });
});
