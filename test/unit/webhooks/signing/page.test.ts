import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ok } from '../../../../src/lib/result.js';
import { readCredentials } from '../../../../src/webhooks/auth/credentials-file.js';
import { CLIENT_DEFAULTS } from '../../../../src/http/client.js';
import { Guard } from '../../../../src/http/guard.js';
import { CLIENT_CERT, CLIENT_KEY } from '../../../support/tls-identity.js';

describe('docs/signing.md', () => {
  it('shows a credentials.json without a fault', () => {
    const page = readFileSync(new URL('../../../../docs/signing.md', import.meta.url), 'utf8');
    const example: unknown = JSON.parse(/```json\n([\s\S]*?)```/u.exec(page)?.[1] ?? '');
    const whsec = `whsec_${Buffer.alloc(32).toString('base64')}`;
    const { credentials, signers, problems } = readCredentials(example, {
      file: 'credentials.json',
      guard: new Guard(CLIENT_DEFAULTS),
      secrets: (name) => (name === 'whsec' ? whsec : 'a secret that has more than thirty-two characters'),
      readFile: (path) => ok(path.endsWith('.key') ? CLIENT_KEY : CLIENT_CERT),
      now: 0,
    });
    expect(problems).toEqual([]);
    expect([...credentials.keys(), ...signers.keys()]).toEqual(['crm', 'bank', 'account', 'standard']);
  });
});
