import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { seenIds } from '../../../../src/webhooks/signing/seen-ids.js';
import { standardKey, standardSignature } from '../../../../src/webhooks/signing/standard.js';
import { verifyStandard } from '../../../../src/webhooks/signing/verify-standard.js';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const OTHER = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const NOW = 1_700_000_000_000;
const BODY = '{"test": "ä ☎"}';

function signatureBy(secret: string, message = { id: 'msg_1', timestamp: NOW / 1000, body: BODY }): string {
  const key = standardKey(secret);
  if (!key.ok) throw new Error(key.error);
  return standardSignature(message, key.value);
}

const request = { id: 'msg_1', timestamp: String(NOW / 1000), signature: signatureBy(SECRET), body: BODY };
const receiver = { now: NOW, freshSeconds: 300, seen: null, secrets: [SECRET] };

describe('Standard Webhooks', () => {
  it('signs as the reference library does', () => {
    const library = new Webhook(SECRET);
    expect(signatureBy(SECRET)).toBe(library.sign('msg_1', new Date(NOW), BODY));
  });

  it.each([
    ['whsec_', 'it is not `whsec_` and base64'],
    ['', 'it is not `whsec_` and base64'],
    ['whsec_not base64!', 'it is not `whsec_` and base64'],
    [`whsec_${Buffer.alloc(23).toString('base64')}`, 'it has 23 bytes; 24 to 64 are allowed'],
    [`whsec_${Buffer.alloc(65).toString('base64')}`, 'it has 65 bytes; 24 to 64 are allowed'],
  ])('the secret %j is none', (secret, error) => {
    expect(standardKey(secret)).toEqual({ ok: false, error });
  });

  it('verifies, also among several signatures and secrets while one replaces another', () => {
    expect(verifyStandard(request, receiver)).toMatchObject({ valid: true, status: 200 });
    expect(verifyStandard(request, { ...receiver, secrets: [OTHER, SECRET] }).checks[0]?.detail).toBe('by secret 2');
    const signature = `v2,abc v1, ${signatureBy(OTHER)} ${signatureBy(SECRET)}`;
    expect(verifyStandard({ ...request, signature }, receiver).valid).toBe(true);
  });

  it.each<[string, Partial<typeof request>, Partial<typeof receiver>, string]>([
    ['another secret', {}, { secrets: [OTHER] }, 'signature'],
    ['no usable secret', {}, { secrets: ['whsec_x', ''] }, 'signature'],
    ['a changed body', { body: '{}' }, {}, 'signature'],
    ['another id', { id: 'msg_2' }, {}, 'signature'],
    ['another time', { timestamp: '1700000001' }, {}, 'signature'],
    ['another version', { signature: signatureBy(SECRET).replace('v1', 'v2') }, {}, 'signature'],
    ['an id that moves the boundary', { id: 'msg_1.1' }, {}, 'form'],
    ['a time that is none', { timestamp: '1e9' }, {}, 'form'],
    ['an old one', {}, { now: NOW + 301_000 }, 'fresh'],
    ['one from the future', {}, { now: NOW - 301_000 }, 'fresh'],
  ])('refuses %s', (_, changed, more, check) => {
    const { valid, status, checks } = verifyStandard({ ...request, ...changed }, { ...receiver, ...more });
    expect({ valid, status, failed: checks.filter(({ passed }) => passed === false).map(({ name }) => name) }).toEqual({
      valid: false,
      status: 401,
      failed: [check],
    });
  });

  // docs/behaviour.md#unsigned-requests
  it('an unsigned request is to come again', () => {
    expect(verifyStandard({ ...request, signature: null }, receiver)).toMatchObject({ valid: false, status: 503 });
  });

  it('takes an id once', () => {
    const seen = seenIds(600_000);
    expect(verifyStandard(request, { ...receiver, seen }).valid).toBe(true);
    expect(verifyStandard(request, { ...receiver, seen }).valid).toBe(false);
  });
});
