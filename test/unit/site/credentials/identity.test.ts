import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readSite } from '../../../../src/site/site.js';
import { signingKey } from '../../../../src/app/signing-key.js';
import { temporaryFolder } from '../../../support/stores.js';

let temporary: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  temporary = temporaryFolder();
});
afterEach(() => temporary.remove());

const at = (...names: readonly string[]): string => join(temporary.folder, ...names);

/** What is said of a certificate in this file. */
function saidOf(cert: string): string {
  mkdirSync(at('config'), { recursive: true });
  const credentials = { crm: { type: 'mtls', cert, key: '$secret.key' } };
  writeFileSync(at('config', 'offhook.json'), '{}');
  writeFileSync(at('config', 'credentials.json'), JSON.stringify({ credentials }));
  const { problems } = readSite({ dir: at('config'), env: { OFFHOOK_SECRET_KEY: 'x' } });
  return JSON.stringify(problems.filter(({ file }) => file === 'credentials.json'));
}

describe('the file of a certificate', () => {
  const unreasonable = 'it is no file of a reasonable size';

  it.each([
    [1_048_575, false],
    [1_048_576, false],
    [1_048_577, true],
  ])('of %i bytes is too large: %s', (bytes, tooLarge) => {
    mkdirSync(at('config'));
    writeFileSync(at('config', 'crm.pem'), 'x'.repeat(bytes));
    expect(saidOf('crm.pem').includes(unreasonable)).toBe(tooLarge);
  });

  it('is a file, and not elsewhere', () => {
    mkdirSync(at('config', 'folder'), { recursive: true });
    writeFileSync(at('outside.pem'), 'x');
    symlinkSync(at('outside.pem'), at('config', 'link.pem'));
    expect(saidOf('folder')).toContain(unreasonable);
    expect(saidOf('../outside.pem')).toContain('not below the configuration folder');
    expect(saidOf('link.pem')).toContain('not below the configuration folder');
    expect(saidOf(at('config', 'link.pem'))).toContain('It cannot be read');
    expect(saidOf('gone.pem')).toContain('does not exist');
  });
});

describe('the signing key', () => {
  it('is made once, of 32 bytes', () => {
    const made = signingKey(temporary.folder);
    expect(made).toHaveLength(32);
    expect(signingKey(temporary.folder)).toEqual(made);
  });

  it.each([
    [31, false],
    [32, true],
    [33, true],
  ])('of %i bytes in its file is taken: %s', (bytes, taken) => {
    writeFileSync(at('signing.key'), Buffer.alloc(bytes, 1));
    if (taken) expect(signingKey(temporary.folder)).toHaveLength(bytes);
    else expect(() => signingKey(temporary.folder)).toThrow('is damaged');
  });
});
