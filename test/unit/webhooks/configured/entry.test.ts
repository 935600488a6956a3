import { describe, expect, it } from 'vitest';
import { MASK } from '../../../../src/lib/mask.js';
import { entryVersion, maskedSecret, patchedEntry, shownEntry } from '../../../../src/webhooks/configured/entry.js';

const BASE = { name: 'crm', url: 'https://crm.example/hook' };

it('a version is twelve hex digits, and another for another content', () => {
  expect(entryVersion(BASE)).toMatch(/^[0-9a-f]{12}$/);
  expect(entryVersion(BASE)).toBe(entryVersion({ ...BASE }));
  expect(entryVersion({ ...BASE, url: 'https://crm.example/hooks' })).not.toBe(entryVersion(BASE));
});

describe('secrets of an entry', () => {
  it.each<readonly [type: string, field: string]>([
    ['basic', 'password'],
    ['bearer', 'token'],
    ['apiKey', 'value'],
    ['oauth2', 'clientSecret'],
    ['of a later version', 'fieldNobodyKnows'],
  ])('%s: %s is shown nowhere, by its name only, and kept when *** is sent back', (type, field) => {
    const entry = { ...BASE, auth: { type, name: 'X-Key', username: 'ada', [field]: 'hunter2' } };
    const shown = shownEntry(entry);
    expect(JSON.stringify(shown)).not.toContain('hunter2');
    expect(shown['auth']).toEqual({ type, name: 'X-Key', username: 'ada', [field]: MASK });
    expect(maskedSecret(shown)).toBe(field);
    expect(maskedSecret(entry)).toBeNull();
    expect(patchedEntry(entry, { auth: shown['auth'] })).toEqual(entry);
  });

  it.each([
    ['$secret.crm', '$secret.crm'],
    ['$secret.a$secret.b', '$secret.a$secret.b'],
    ['Key $secret.crm', MASK],
    ['$secret.crm!', MASK],
    ['$secret.', MASK],
    ['', MASK],
    [7, MASK],
    [['hunter2'], MASK],
    [{ value: 'hunter2' }, MASK],
    [null, null],
  ])('%j is shown as %j', (value, shown) => {
    expect(shownEntry({ ...BASE, auth: { type: 'bearer', token: value } })['auth']).toEqual({ type: 'bearer', token: shown });
  });

  it('*** for another kind of authentication is no secret that is there', () => {
    const entry = { ...BASE, auth: { type: 'bearer', token: 'hunter2' } };
    const patched = patchedEntry(entry, { auth: { type: 'apiKey', token: MASK } });
    expect(JSON.stringify(patched)).not.toContain('hunter2');
    expect(maskedSecret(patched)).toBe('token');
  });
});
