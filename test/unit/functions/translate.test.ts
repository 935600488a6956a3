import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/lib/clock.js';
import { CLIENT_DEFAULTS, HttpClient } from '../../../src/http/client.js';
import { translator } from '../../../src/functions/contract/translate.js';
import { Endpoint } from '../../support/site.js';

// docs/behaviour.md#functions-there-are
describe('the translation service', () => {
  let service: Endpoint;
  const client = new HttpClient({ ...CLIENT_DEFAULTS, allowHttp: true, allowHosts: ['127.0.0.1'] }, systemClock);
  beforeAll(async () => {
    service = await Endpoint.start();
  });
  afterAll(async () => {
    await client.close();
    await service.close();
  });
  beforeEach(() => {
    service.received.length = 0;
  });

  const translate = (apiKey: string | null = 'k3y-of-the-service', path = '') =>
    translator(client, { url: `${service.url}${path}`, apiKey })(
      { text: 'Hello "you"', from: 'auto', to: 'es', timeoutMs: 1000 },
      new AbortController().signal,
    );

  it('is asked as its API wants it, and its answer is text and language', async () => {
    service.answer = () => ({
      status: 200,
      body: '{"translatedText":"Hola","detectedLanguage":{"language":"en","confidence":90}}',
    });
    expect(await translate()).toEqual({ ok: true, value: { text: 'Hola', detected: 'en' } });
    expect(service.received[0]).toMatchObject({ method: 'POST', url: '/translate' });
    expect(JSON.parse(service.received[0]?.body ?? '')).toEqual({
      q: 'Hello "you"',
      source: 'auto',
      target: 'es',
      format: 'text',
      api_key: 'k3y-of-the-service',
    });
    await translate(null, '/base/translate');
    expect(service.received[1]?.url).toBe('/base/translate');
    expect(service.received[1]?.body).not.toContain('api_key');
  });

  it.each([
    [403, '{"error":"Invalid API key: k3y-of-the-service"}', 'answered 403: Invalid API key: ***'],
    [500, 'oops', 'answered 500'],
    [200, 'oops', 'cannot be read: it is not JSON'],
    [200, '{"translatedText":7}', 'holds no translatedText'],
    [200, '['.repeat(5000), 'nested deeper'],
    [302, '', 'answered 302'],
    [200, `{"translatedText":"${'x'.repeat(70_000)}"}`, 'sent no body'],
  ])('%i %s is a failure that says so and never shows the key', async (status, body, sentence) => {
    service.answer = () => ({ status, body });
    const answer = await translate();
    expect(answer).toMatchObject({ ok: false });
    expect(JSON.stringify(answer)).toContain(sentence);
    expect(JSON.stringify(answer)).not.toContain('k3y');
  });

  // docs/decisions/0015-safe-by-default.md
  it('goes through the guard', async () => {
    const guarded = new HttpClient({ ...CLIENT_DEFAULTS, allowHttp: true }, systemClock);
    const ask = translator(guarded, { url: service.url, apiKey: null });
    const answer = await ask({ text: 'a', from: 'auto', to: 'es', timeoutMs: 1000 }, new AbortController().signal);
    expect(JSON.stringify(answer)).toContain('gave no answer');
    expect(service.received).toEqual([]);
    await guarded.close();
  });
});
