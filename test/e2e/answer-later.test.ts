import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answered, dial, flow, inWidget, keysOf, reportOf, storyOf } from '../support/calls.js';
import { unbroken } from '../support/measured.js';
import { Endpoint, eventually, Site, type Received } from '../support/site.js';

/*
 * A service that says 202 and answers minutes later at the resume URL, with the caller on hold meanwhile.
 */

let site: Site;
let reports: Endpoint;
let service: Endpoint;

const waiting = (id: string, more: Record<string, unknown> = {}) =>
  flow(id, {
    lookup: {
      type: 'webhook',
      method: 'POST',
      url: `${service.url}/${id}?cli=$call.cli`,
      timeout: 5,
      answerLater: 1,
      holdMusic: true,
      mapping: [{ saveIn: '$flow.key.answer', path: 'data.answer', required: true }],
      exits: { success: 'bye', '404': 'unknown', failed: 'sorry' },
      ...more,
    },
    bye: { type: 'hangup' },
    unknown: { type: 'hangup' },
    sorry: { type: 'hangup' },
  });

beforeAll(async () => {
  [reports, service] = [await Endpoint.start(), await Endpoint.start()];
  service.answer = () => ({ status: 202 });
  site = await Site.start({
    report: reports.url,
    flows: [waiting('later'), waiting('short', { answerLater: 0.02 })],
  });
});

afterAll(async () => {
  await site.dispose();
  await Promise.all([reports.close(), service.close()]);
});

/** The request of a call, when the service has it. */
function requestOf(cli: string): Promise<Received> {
  return eventually(`the request of ${cli}`, () => service.received.find(({ url }) => url.includes(cli)));
}

function resumeUrl({ headers }: Received): string {
  return String(headers['x-offhook-resume-url']);
}

async function resume(url: string, body: string, type = 'application/json'): Promise<number> {
  const response = await fetch(url, { method: 'POST', body, headers: { 'content-type': type } });
  await response.arrayBuffer();
  return response.status;
}

const step = (story: Awaited<ReturnType<typeof storyOf>>): string =>
  story.steps.map(({ widget, exit }) => `${widget}:${exit ?? ''}`).join(' ');

describe('answer later', () => {
  it('the caller hears music until the answer comes to the resume URL, and goes on at once', async () => {
    await unbroken(async () => {
      const call = await dial(site, 'later');
      await answered(call);
      const url = resumeUrl(await requestOf(call.cli));
      expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/resume\/[\w-]{58}$/u);
      await inWidget(site, call.cli, 'lookup');
      // Long after the 202, with the caller on hold.
      const asked = call.phone.now();
      await call.phone.waitFor((phone) => phone.now() > asked + 1500);
      expect(await resume(url, '{"data":{"answer":"42"}}')).toBe(202);
      const { heard, endedBy } = await call.phone.result;
      expect(endedBy).toBe('far');
      const { report } = await reportOf(reports, call.cli);
      expect(keysOf(report)['$flow.key.answer']).toBe('42');
      const story = await storyOf(site, call.cli);
      expect(step(story)).toBe('lookup:success bye:end');
      expect(story.timeline.find(({ op }) => op === 'webhook.request')).toBeDefined();
      expect(JSON.stringify(story)).toContain('"later":true');
      expect(await resume(url, '{}')).toBe(410);
      return [heard];
    });
  });

  it('with a status it takes the exit of that status', async () => {
    const call = await dial(site, 'later');
    const url = resumeUrl(await requestOf(call.cli));
    expect(await resume(`${url}?status=404`, '{"data":{"answer":"none"}}')).toBe(202);
    await call.phone.result;
    await reportOf(reports, call.cli);
    expect(step(await storyOf(site, call.cli))).toBe('lookup:404 unknown:end');
  });

  it('without an answer in time it fails with TIMEOUT, and the URL is gone', async () => {
    const call = await dial(site, 'short');
    const url = resumeUrl(await requestOf(call.cli));
    await call.phone.result;
    const { report } = await reportOf(reports, call.cli);
    expect(keysOf(report)['$flow.key.error_reason']).toBe('TIMEOUT');
    expect(step(await storyOf(site, call.cli))).toBe('lookup:timeout sorry:end');
    expect(await resume(url, '{}')).toBe(410);
  });

  it('a hang-up frees it: what comes later is gone', async () => {
    const call = await dial(site, 'later');
    await answered(call);
    const url = resumeUrl(await requestOf(call.cli));
    call.phone.hangup();
    await call.phone.result;
    await reportOf(reports, call.cli);
    expect(await resume(url, '{"data":{"answer":"1"}}')).toBe(410);
    await eventually('nobody to wait', async () => (await site.metric('offhook_webhook_awaiting_later')) === 0);
  });

  it('twenty at once each get their own answer', async () => {
    const calls = await Promise.all(Array.from({ length: 20 }, () => dial(site, 'later')));
    await Promise.all(
      calls.map(async ({ cli }) => resume(resumeUrl(await requestOf(cli)), JSON.stringify({ data: { answer: cli } }))),
    );
    for (const { cli, phone } of calls) {
      await phone.result;
      expect(keysOf((await reportOf(reports, cli)).report)['$flow.key.answer']).toBe(cli);
    }
  });

  // docs/decisions/0014-secrets-by-name.md
  it('no token is in the log, the stories or the reports; that only this machine reaches it is said once', async () => {
    const tokens = service.received
      .map((request) => resumeUrl(request).split('/').at(-1) ?? '')
      .filter((token) => token.length === 58);
    expect(tokens.length).toBeGreaterThan(20);
    const { body } = await site.get('/v1/calls?limit=200');
    const stories = await Promise.all(
      (body as { items: { id: string }[] }).items.map(async ({ id }) => (await site.get(`/v1/calls/${id}`)).body),
    );
    const everything = JSON.stringify([site.log, stories, reports.received]);
    expect(tokens.filter((token) => everything.includes(token))).toEqual([]);
    expect(site.log.split('answers can only be sent later from this machine')).toHaveLength(2);
  });

  it('after kill -9 the service learns that the call is over: 410; a guesser learns nothing', async () => {
    const call = await dial(site, 'later');
    await answered(call);
    const { pathname } = new URL(resumeUrl(await requestOf(call.cli)));
    await site.stop('SIGKILL');
    await site.start();
    call.phone.hangup();
    const response = await fetch(site.api + pathname, { method: 'POST', body: '{"data":{"answer":"42"}}' });
    expect(response.status).toBe(410);
    expect(await response.json()).toMatchObject({ error: { code: 'API_RESUME_GONE' } });
    expect(await resume(`${site.api}/resume/${'a'.repeat(58)}`, '{}')).toBe(404);
    const { report } = await reportOf(reports, call.cli);
    expect(report.callDetails).toMatchObject([{ calleeNumber: call.cli }]);
  });
});
