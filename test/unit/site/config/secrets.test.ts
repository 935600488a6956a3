import { chmodSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Secrets } from '../../../../src/site/config/secrets.js';
import { temporaryFolder } from '../../../support/stores.js';

let temporary: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  temporary = temporaryFolder();
  mkdirSync(join(temporary.folder, 'mounted'));
});
afterEach(() => temporary.remove());

const at = (...path: string[]): string => join(temporary.folder, ...path);
const mount = (name: string, text: string): void => writeFileSync(at('mounted', name), text);

function file(content: unknown): void {
  writeFileSync(at('secrets.json'), typeof content === 'string' ? content : JSON.stringify(content));
  chmodSync(at('secrets.json'), 0o600);
}

function secrets(env: Readonly<Record<string, string>> = {}): Secrets {
  return new Secrets(at('secrets.json'), { OFFHOOK_SECRETS_DIR: at('mounted'), ...env });
}

describe('a folder of secrets, as Docker and Kubernetes mount them', () => {
  // docs/decisions/0014-secrets-by-name.md
  it('has one file for each secret, without the line break at its end', () => {
    mount('shop', 's3cr3t\n');
    mount('crlf', 'windows\r\n');
    mount('pem', '-----BEGIN X-----\nabc\n-----END X-----\n');
    const { read, now } = secrets();
    expect([read('shop'), read('crlf'), read('none')]).toEqual(['s3cr3t', 'windows', undefined]);
    expect(read('pem')).toBe('-----BEGIN X-----\nabc\n-----END X-----');
    expect(now.problems).toEqual([]);
  });

  it('comes after the environment and before secrets.json', () => {
    file({ a: 'file', b: 'file', c: 'file' });
    mount('b', 'folder');
    mount('c', 'folder');
    const { read } = secrets({ OFFHOOK_SECRET_C: 'environment' });
    expect(['a', 'b', 'c'].map(read)).toEqual(['file', 'folder', 'environment']);
  });

  it('leaves out what can be no secret, and says of what could be one why', () => {
    mount('empty', '\n');
    mount('large', 'x'.repeat(65_537));
    mount('..data', 'hidden');
    mount('tls.crt', 'no name that can be written');
    mkdirSync(at('mounted', 'folder'));
    const { now } = secrets();
    expect(now.names).toEqual([]);
    expect(now.problems.map(({ severity, message }) => [severity, message])).toEqual([
      ['warning', `the secret empty in ${at('mounted')} is left out: it is empty`],
      ['warning', `the secret large in ${at('mounted')} is left out: it is larger than 65536 bytes`],
    ]);
  });

  it('that is not there is a problem of the start, said in a sentence', () => {
    rmSync(at('mounted'), { recursive: true });
    const [found] = secrets().now.problems;
    expect(found).toMatchObject({
      code: 'CONFIG_UNREADABLE',
      severity: 'error',
      file: 'environment',
      path: 'OFFHOOK_SECRETS_DIR',
    });
    expect(found?.message).toBe(`the folder of secrets ${at('mounted')} does not exist, or this user may not enter it`);
  });
});

describe('secrets that change', () => {
  it('have another stamp when a file is written, added, removed, or a mount is swapped', () => {
    file({ a: '1' });
    mount('b', '1');
    const site = secrets();
    const stamps = [site.stamp()];
    const step = (change: () => void): void => {
      change();
      stamps.push(site.stamp());
    };
    step(() => file({ a: '22' }));
    step(() => mount('b', '22'));
    step(() => mount('c', '1'));
    step(() => rmSync(at('mounted', 'c')));
    // Kubernetes: `name → ..data/name`, and `..data` is another folder after the change.
    step(() => {
      for (const version of ['v1', 'v2']) {
        mkdirSync(at('mounted', `..${version}`));
        writeFileSync(at('mounted', `..${version}`, 'k8s'), version);
      }
      symlinkSync('..v1', at('mounted', '..data'));
      symlinkSync('..data/k8s', at('mounted', 'k8s'));
    });
    step(() => {
      symlinkSync('..v2', at('mounted', '..new'));
      renameSync(at('mounted', '..new'), at('mounted', '..data'));
    });
    for (const [index, stamp] of stamps.entries()) expect(stamp).not.toBe(stamps[index - 1]);
    expect(site.fromFiles().read('k8s')).toBe('v2');
    expect(site.stamp()).toBe(stamps.at(-1));
  });

  it('are what they were until the new ones are used', () => {
    file({ a: 'old' });
    const site = secrets();
    file({ a: 'new' });
    const next = site.fromFiles();
    expect([site.read('a'), next.read('a')]).toEqual(['old', 'new']);
    site.use(next);
    expect(site.read('a')).toBe('new');
  });

  it('never have a value in a problem', () => {
    file({ 'bad name': 'v4lue-of-a', b: '' });
    expect(JSON.stringify(secrets().now.problems)).not.toContain('v4lue');
    file('{ "a": "v4lue-of-a", ');
    expect(JSON.stringify(secrets().now.problems)).not.toContain('v4lue');
  });
});
