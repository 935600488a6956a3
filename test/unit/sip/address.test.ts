import { describe, expect, it } from 'vitest';
import { parseAddress, parseUri, withoutHeaders } from '../../../src/sip/address.js';

describe('SIP addresses', () => {
  it.each([
    ['<sip:alice@example.org>;tag=1', 'alice', 'example.org', null],
    ['"Alice \\"A\\" <x>" <sips:alice@example.org:5061;transport=tcp>;tag=1', 'alice', 'example.org', 'Alice "A" <x>'],
    ['Alice Smith <sip:alice@example.org>', 'alice', 'example.org', 'Alice Smith'],
    ['sip:+49%2030@example.org;tag=9', '+49 30', 'example.org', null],
    ['<sip:+4930;phone-context=example.org@gw.example.org;user=phone>', '+4930', 'gw.example.org', null],
    ['<sip:alice:secret@example.org>', 'alice', 'example.org', null],
    ['<tel:+49-30-123;phone-context=x>', '+49-30-123', '', null],
    ['<sip:[2001:db8::1]:5060>', '', '[2001:db8::1]', null],
    ['<sip:100%@example.org>', '100%', 'example.org', null],
  ])('reads %s', (text, user, host, displayName) => {
    expect(parseAddress(text)).toMatchObject({ user, host, displayName });
  });

  it.each(['', '<', '"no end', '"name" sip:a@b', '<http://x>', '<sip:>', '<tel:>', 'alice', `<sip:${'a'.repeat(3000)}@x>`])(
    'refuses %j',
    (text) => {
      expect(parseAddress(text)).toBeNull();
    },
  );

  it('stays linear for a hostile header', () => {
    const started = process.cpuUsage().user;
    for (let i = 0; i < 200; i++) parseAddress(`"${'\\"<'.repeat(600)}`);
    expect(process.cpuUsage().user - started).toBeLessThan(2_000_000);
  });

  it('refuses a URI with a space or a line break and drops ?headers', () => {
    expect(parseUri('sip:a@b\r\nX: y')).toBeNull();
    expect(withoutHeaders('sip:a@b?Subject=x')).toBe('sip:a@b');
  });
});
