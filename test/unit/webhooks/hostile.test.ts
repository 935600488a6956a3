import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/lib/clock.js';
import { CLIENT_DEFAULTS, HttpClient } from '../../../src/http/client.js';
import type { ErrorReason } from '../../../src/model/webhook.js';
import type { Webhooks } from '../../../src/webhooks/webhook.js';
import { HOSTILE_NAMES, type HostileServer, startHostileServer } from '../../support/hostile-server.js';
import { webhookCall } from '../../support/webhook-calls.js';
import { webhookPort } from '../../support/webhook-port.js';

/** Refused, or not, for what is in them and not for their size. */
const LARGE = new Set([
  'many-keys',
  'million-deep-json',
  'hundred-thousand-keys',
  'escaped-text',
  'utf-16',
  'megabyte-not-utf8',
  'many-attributes-xml',
  'wide-xml',
]);
/** For what never ends by itself. */
const TIMEOUT_MS = 400;
/** For what does, on a busy machine. */
const PATIENCE_MS = 5000;
/** For tries and a fallback together; each on its own they would take five times as long. */
const DEADLINE_MS = 600;
/** How much later it may be over on a busy machine, ms. */
const GRACE_MS = 1800;

/** What each misbehaviour comes to. A mapping row makes every body be read. */
const REASONS: Readonly<Record<string, ErrorReason | null>> = {
  ok: null,
  silent: 'TIMEOUT',
  'slow-headers': 'TIMEOUT',
  'slow-body': 'TIMEOUT',
  endless: 'INVALID_RESPONSE',
  'endless-interim': 'INVALID_RESPONSE',
  'endless-headers': 'INVALID_RESPONSE',
  'header-flood': 'INVALID_RESPONSE',
  'tiny-header-flood': 'INVALID_RESPONSE',
  'endless-status': 'INVALID_RESPONSE',
  'flood-after-interim': 'INVALID_RESPONSE',
  'endless-chunk-extension': 'INVALID_RESPONSE',
  'endless-trailers': 'INVALID_RESPONSE',
  'trailer-flood': 'INVALID_RESPONSE',
  'one-byte-chunks': 'INVALID_RESPONSE',
  'one-byte-segments': 'INVALID_RESPONSE',
  'close-delimited': 'INVALID_RESPONSE',
  'no-content-with-body': 'INVALID_RESPONSE_MAP',
  'not-modified-with-body': 'REDIRECTION',
  'http2-preface': 'INVALID_RESPONSE',
  'two-lengths': 'INVALID_RESPONSE',
  'length-and-chunks': 'INVALID_RESPONSE',
  'long-body': 'INVALID_RESPONSE_MAP',
  'huge-declared': 'INVALID_RESPONSE',
  huge: 'INVALID_RESPONSE',
  reset: 'CONNECTION_FAILURE',
  'close-at-once': 'CONNECTION_FAILURE',
  'reset-in-body': 'CONNECTION_FAILURE',
  'short-body': 'CONNECTION_FAILURE',
  'not-http': 'INVALID_RESPONSE',
  'upgrade-unasked': 'INFORMATIONAL',
  'continue-unasked': 'TIMEOUT',
  'wrong-type': 'INVALID_RESPONSE',
  'not-json': 'INVALID_RESPONSE',
  'not-utf8': 'INVALID_RESPONSE',
  'deep-json': 'INVALID_RESPONSE',
  'million-deep-json': 'INVALID_RESPONSE',
  'many-keys': 'INVALID_RESPONSE',
  'hundred-thousand-keys': 'INVALID_RESPONSE',
  'escaped-text': 'INVALID_RESPONSE_MAP',
  'utf-16': 'INVALID_RESPONSE_MAP',
  'megabyte-not-utf8': 'INVALID_RESPONSE',
  multipart: 'INVALID_RESPONSE',
  proto: null,
  'proto-header': 'INVALID_RESPONSE_MAP',
  'gzip-bomb': 'INVALID_RESPONSE',
  'br-bomb': 'INVALID_RESPONSE',
  'gzip-members': 'INVALID_RESPONSE',
  'slow-gzip-bomb': 'INVALID_RESPONSE',
  'gzip-twice': 'INVALID_RESPONSE',
  'gzip-in-gzip': 'INVALID_RESPONSE',
  'gzip-broken': 'INVALID_RESPONSE',
  'encoding-unknown': 'INVALID_RESPONSE',
  doctype: 'INVALID_RESPONSE',
  'entity-bomb': 'INVALID_RESPONSE',
  'billion-laughs': 'INVALID_RESPONSE',
  'deep-xml': 'INVALID_RESPONSE',
  'unclosed-xml': 'INVALID_RESPONSE',
  'many-attributes-xml': 'INVALID_RESPONSE',
  'wide-xml': 'INVALID_RESPONSE_MAP',
  'redirect-loop': 'REDIRECTION',
  'redirect-metadata': 'REDIRECTION',
  'redirect-nowhere': 'REDIRECTION',
  'redirect-file': 'REDIRECTION',
  'early-answer': null,
  'early-endless': 'INVALID_RESPONSE',
};

const never = new AbortController().signal;

describe('a hostile endpoint', () => {
  let server: HostileServer;
  let client: HttpClient;
  let webhooks: Webhooks;

  beforeAll(async () => {
    server = await startHostileServer();
    client = new HttpClient({ ...CLIENT_DEFAULTS, allowHttp: true, allowHosts: [`127.0.0.1:${server.port}`] }, systemClock);
    webhooks = webhookPort(client);
    // The first XML answer also starts the thread that reads XML.
    await webhooks.request(call('doctype'), never);
  });

  afterAll(async () => {
    await client.close();
    await server.close();
  });

  const call = (name: string) =>
    webhookCall(`${server.origin}/${name}`, {
      timeoutMs: REASONS[name] === 'TIMEOUT' ? TIMEOUT_MS : PATIENCE_MS,
      maxResponseBytes: LARGE.has(name) ? 1_048_576 : 65_536,
      redirects: 5,
      // What answers early has not read it.
      ...(name.startsWith('early') && {
        method: 'POST' as const,
        body: { contentType: 'text/plain', text: 'x'.repeat(1_000_000) },
      }),
      responseType:
        name.includes('xml') || name === 'doctype' || name === 'entity-bomb' || name === 'billion-laughs' ? 'xml' : 'json',
      mapping: [{ path: 'data.userId', required: true }],
    });

  it('has a verdict for every behaviour', () => {
    expect(Object.keys(REASONS).sort()).toEqual([...HOSTILE_NAMES].sort());
  });

  it.each(Object.entries(REASONS))('%s costs its own request and ends as %s, in its own time', async (name, reason) => {
    const start = performance.now();
    const [answer, healthy] = await Promise.all([webhooks.request(call(name), never), webhooks.request(call('ok'), never)]);
    expect(answer.reason).toBe(reason);
    expect(performance.now() - start).toBeLessThan((reason === 'TIMEOUT' ? TIMEOUT_MS : PATIENCE_MS) + GRACE_MS);
    expect(healthy).toMatchObject({ reason: null, status: 200, mapped: [{ found: true, value: 7 }] });
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  describe.each(Object.entries(REASONS).filter(([, reason]) => reason !== null))('%s', (name) => {
    it('at every try and at the fallback costs no more than the one deadline', async () => {
      const start = performance.now();
      const [answer, healthy] = await Promise.all([
        webhooks.request({ ...call(name), timeoutMs: DEADLINE_MS, retries: 3, fallbackUrl: [`${server.origin}/${name}`] }, never),
        webhooks.request(call('ok'), never),
      ]);
      expect(answer.reason).not.toBeNull();
      // Four tries and the fallback, each of them once more where it met a kept connection that was closed.
      expect(answer.attempts).toBeLessThanOrEqual(10);
      expect(performance.now() - start).toBeLessThan(DEADLINE_MS + GRACE_MS);
      expect(healthy).toMatchObject({ reason: null, status: 200 });
    });
  });

  it('takes a mapped value free of __proto__', async () => {
    const answer = await webhooks.request({ ...call('proto'), mapping: [{ path: '$', required: true }] }, never);
    expect(JSON.stringify(answer.mapped)).not.toContain('__proto__');
  });
});
