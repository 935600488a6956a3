import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { signPath } from '../../../src/lib/signed-url.js';
import { startApi, type TestApi } from '../../support/api.js';
import { entry } from '../../support/stores.js';

let api: TestApi;
beforeEach(async () => {
  api = await startApi();
});
afterEach(() => api.close());

const KEY_BYTES = Buffer.alloc(32, 7);

/** Path and query of a link to a file, made with the right key. */
const linkTo = (file: string): string => signPath(KEY_BYTES, `/recordings/${file}`, { now: api.state.now, lifeMs: 3_600_000 });
const pathOf = (link: string): string => link.slice(link.indexOf('/', 'http://'.length));

describe('a signed link', () => {
  it('opens its recording without a key', async () => {
    const link = api.api.links.make('r1.wav');
    expect(link.startsWith(`${api.url}/recordings/r1.wav?expires=`)).toBe(true);
    const response = await api.get(pathOf(link), {});
    expect(response).toMatchObject({ status: 200, text: '0123456789' });
    expect(response.headers).toMatchObject({ 'content-type': 'audio/wav', 'accept-ranges': 'bytes', 'content-length': '10' });
    expect(response.headers['cross-origin-resource-policy']).toBe('cross-origin');
    expect(await api.call('HEAD', pathOf(link), { headers: {} })).toMatchObject({ status: 200, text: '' });
  });

  it.each([
    ['bytes=2-4', 206, '234', 'bytes 2-4/10'],
    ['bytes=-3', 206, '789', 'bytes 7-9/10'],
    ['bytes=8-', 206, '89', 'bytes 8-9/10'],
  ])('serves the range %s', async (range, status, text, contentRange) => {
    const response = await api.get(pathOf(api.api.links.make('r1.wav')), { range });
    expect(response).toMatchObject({ status, text });
    expect(response.headers['content-range']).toBe(contentRange);
  });

  it('refuses a range beyond the end', async () => {
    expect((await api.get(pathOf(api.api.links.make('r1.wav')), { range: 'bytes=20-' })).status).toBe(416);
  });

  it('dies at its time, not before', async () => {
    const link = pathOf(api.api.links.make('r1.wav'));
    const expires = Number(/expires=(\d+)/.exec(link)?.[1]);
    expect(expires * 1000 - api.state.now).toBeGreaterThan(3_598_000);
    api.state.now = expires * 1000 - 1;
    expect((await api.get(link, {})).status).toBe(200);
    api.state.now = expires * 1000;
    expect(await api.get(link, {})).toMatchObject({ status: 410, body: { error: { code: 'API_LINK_EXPIRED' } } });
  });

  it('works behind another public address', async () => {
    await api.close();
    api = await startApi({ recordingsUrl: 'https://ivr.example/media/' });
    expect(api.api.links.make('r1.wav')).toMatch(/^https:\/\/ivr\.example\/media\/recordings\/r1\.wav\?expires=\d+&signature=/);
  });

  const tampered: readonly [string, (link: string) => string][] = [
    ['no query', (link) => link.replace(/\?.*/, '')],
    ['no signature', (link) => link.replace(/&signature=.*/, '')],
    ['no expiry', (link) => link.replace(/expires=\d+&/, '')],
    ['an empty signature', (link) => link.replace(/signature=.*/, 'signature=')],
    [
      'a changed signature',
      (link) => link.replace(/signature=./, (text) => (text.endsWith('A') ? 'signature=B' : 'signature=A')),
    ],
    ['a shortened signature', (link) => link.slice(0, -1)],
    ['a longer signature', (link) => `${link}A`],
    ['a later expiry', (link) => link.replace(/expires=(\d+)/, (_, at: string) => `expires=${Number(at) + 1}`)],
    ['an expiry written otherwise', (link) => link.replace(/expires=/, 'expires=0')],
    ['an expiry with a sign', (link) => link.replace(/expires=/, 'expires=%2B')],
    ['an expiry that is no number', (link) => link.replace(/expires=\d+/, 'expires=NaN')],
    ['an endless expiry', (link) => link.replace(/expires=\d+/, 'expires=9999999999999999')],
    ['another file', (link) => link.replace('r1.wav', 'r2.wav')],
    ['another case', (link) => link.replace('r1.wav', 'R1.wav')],
    ['another ending', (link) => link.replace('r1.wav', 'notes.txt')],
    ['something appended', (link) => link.replace('r1.wav', 'r1.wav%00.txt')],
  ];
  it.each(tampered)('is refused with %s', async (_, tamper) => {
    const response = await api.get(tamper(pathOf(api.api.links.make('r1.wav'))), {});
    expect(response).toMatchObject({ status: 403, body: { error: { code: 'API_LINK_INVALID' } } });
  });

  it('is refused when a query value comes twice or something is added', async () => {
    const link = pathOf(api.api.links.make('r1.wav'));
    expect((await api.get(`${link}&signature=x`, {})).status).toBe(400);
    expect((await api.get(`${link}&more=1`, {})).status).toBe(400);
  });

  it('opens for GET only', async () => {
    const link = pathOf(api.api.links.make('r1.wav'));
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH'] as const) {
      expect((await api.call(method, link, { headers: {} })).status).toBe(404);
    }
  });

  it('made with another key opens nothing', async () => {
    const forged = signPath(Buffer.alloc(32, 8), '/recordings/r1.wav', { now: api.state.now, lifeMs: 1e6 });
    expect((await api.get(forged, {})).status).toBe(403);
  });

  it('to a recording that is gone says so', async () => {
    expect(await api.get(linkTo('gone.wav'), {})).toMatchObject({ status: 404, body: { error: { code: 'API_NOT_FOUND' } } });
  });

  // Even with a good signature over exactly these paths nothing outside the folder is served.
  const traversals = [
    '../secret.wav',
    '..%2fsecret.wav',
    '..%2Fsecret.wav',
    '%2e%2e/secret.wav',
    '%2e%2e%2fsecret.wav',
    '..%5csecret.wav',
    '..\\secret.wav',
    '....//secret.wav',
    '..%252fsecret.wav',
    '%252e%252e%252fsecret.wav',
    '%c0%ae%c0%ae%c0%afsecret.wav',
    '..%00/secret.wav',
    '../secret.wav%00.wav',
    '/etc/passwd',
    '%2fetc%2fpasswd',
    'C:%5cboot.ini',
    '%5c%5chost%5cshare.wav',
    './r1.wav/../../secret.wav',
    'r1.wav%2f..%2f..%2fsecret.wav',
    'link.wav',
    '.hidden.wav',
    '%2e.wav',
    '-rf.wav',
    `${'a'.repeat(300)}.wav`,
    'r1.wav%0d%0aX:1',
    '~%2fsecret.wav',
    'notes.txt',
    '.',
    '..',
    '%2e%2e',
  ];
  it.each(traversals)('to %s reaches nothing', async (name) => {
    const { status, text } = await rawGet(linkTo(name));
    expect([400, 403, 404]).toContain(status);
    expect(text).not.toContain('outside');
    expect(text).not.toContain('not a recording');
    const decoded = await rawGet(linkTo(safeDecode(name)).replace(`/recordings/${safeDecode(name)}`, `/recordings/${name}`));
    expect([400, 403, 404]).toContain(decoded.status);
    expect(decoded.text).not.toContain('outside');
  });
});

const safeDecode = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

/** A GET whose path reaches the server exactly as written: clients that tidy paths would hide the attack. */
function rawGet(path: string): Promise<{ status: number; text: string }> {
  const { hostname, port } = new URL(api.url);
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect(Number(port), hostname, () => {
      socket.write(`GET ${path.replaceAll(' ', '%20')} HTTP/1.1\r\nHost: ${hostname}\r\nConnection: close\r\n\r\n`);
    });
    socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    socket.on('close', () => resolve({ status: Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1]), text }));
    socket.on('error', reject);
  });
}

describe('a recording of a call', () => {
  const recording = { type: 'recording', name: 'm', durationMs: 1, bytes: 10, format: 'wav' } as const;
  beforeEach(() => {
    api.store.journal.append('c1', entry(1, { ...recording, id: 'good', file: 'r1.wav' }));
    api.store.journal.append('c1', entry(2, { ...recording, id: 'evil', file: '../secret.wav' }));
    api.store.journal.append('c1', entry(3, { ...recording, id: 'link', file: 'link.wav' }));
    api.store.journal.append('c1', entry(4, { ...recording, id: 'gone', file: 'gone.wav' }));
  });

  it.each([
    ['/v1/calls/c1/recordings/good', 200],
    ['/v1/calls/c2/recordings/good', 404],
    ['/v1/calls/c1/recordings/nothing', 404],
    ['/v1/calls/c1/recordings/evil', 404],
    ['/v1/calls/c1/recordings/link', 404],
    ['/v1/calls/c1/recordings/gone', 404],
    ['/v1/calls/c1/recordings/..%2fgood', 400],
  ])('%s with a key is %i', async (path, status) => {
    const response = await api.get(path);
    expect(response.status).toBe(status);
    if (status === 200) expect(response.text).toBe('0123456789');
  });
});
