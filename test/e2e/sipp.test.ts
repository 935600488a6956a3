import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { flow, keysOf, reportOf, rowOf, rowsOf, type CallRow, type Report } from '../support/calls.js';
import { Endpoint, eventually, Site } from '../support/site.js';
import { runSipp, type SippOptions, type SippOutcome } from '../support/sipp.js';

/* sipp calls a whole Offhook. Each scenario fails in sipp itself when an answer is not the one its file names. */

const wait = (seconds: number, next: string) => ({ type: 'delay', seconds, exits: { next } });
const answer = (next: string) => ({ type: 'answer', exits: { next } });
const hangup = { type: 'hangup' };

const flows = [
  // Answers and waits for the caller to go.
  flow('100', { answer: answer('wait'), wait: wait(60, 'bye'), bye: hangup }),
  // Rings and is never answered.
  flow('200', { ring: wait(60, 'bye'), bye: hangup }),
  // Rings a little, then answers.
  flow('201', { ring: wait(0.5, 'answer'), answer: answer('wait'), wait: wait(60, 'bye'), bye: hangup }),
  // Answers and hangs up.
  flow('300', { answer: answer('wait'), wait: wait(0.5, 'bye'), bye: hangup }),
  flow('400', {
    ask: {
      type: 'collect',
      saveIn: '$flow.key.digits',
      prompt: [{ say: 'Please key in your number, then hash.' }],
      digits: { min: 4, max: 8 },
      exits: { collected: 'thanks', noInput: 'bye', missed: 'bye' },
    },
    thanks: { type: 'play', prompt: [{ say: 'Thank you.' }], exits: { done: 'bye' } },
    bye: hangup,
  }),
];

let reports: Endpoint;
let site: Site;
/** The same with a T1 of 20 ms, so that 64·T1 are over soon. */
let impatient: Site;

beforeAll(async () => {
  reports = await Endpoint.start();
  const options = { flows, report: reports.url };
  site = await Site.start(options);
  impatient = await Site.start({ ...options, config: { sip: { t1Ms: 20 } } });
});

afterAll(async () => {
  await Promise.all([site, impatient].map((one) => one.dispose()));
  await reports.close();
});

type Scenario = Omit<SippOptions, 'target' | 'cli'>;

let callers = 0;

/** Runs a scenario that must come out as its file says; gives the number it called from. */
async function succeed(options: Scenario, at = site): Promise<SippOutcome & { readonly cli: string }> {
  callers += 1;
  const cli = `43155${String(process.pid % 1000).padStart(3, '0')}${callers}`;
  const outcome = await runSipp({ ...options, cli, target: `127.0.0.1:${at.port(options.transport ?? 'udp')}` });
  expect(outcome, outcome.errors + outcome.messages).toMatchObject({ exitCode: 0, failed: 0 });
  return { ...outcome, cli };
}

interface Called {
  readonly row: CallRow;
  readonly report: Report;
  readonly messages: string;
}

/** Runs a scenario that is one call; gives its row and its report once it has ended, and what was said. */
async function call(options: Scenario, at = site): Promise<Called> {
  const { cli, messages } = await succeed(options, at);
  const { report } = await reportOf(reports, cli);
  return { row: await rowOf(at, cli), report, messages };
}

/** How often the INVITE was answered 200. */
const answers200 = (messages: string): number =>
  [...messages.matchAll(/SIP\/2\.0 200 OK\r?\n(?:[^\n]+\n)*CSeq: 1 INVITE/g)].length;

const hungUp = { by: 'caller', cause: 16 };

describe.each(['udp', 'tcp'] as const)('sipp over %s', (transport) => {
  it('calls, talks and hangs up', async () => {
    const { row, report } = await call({ scenario: 'call', number: '100', transport });
    expect(row).toMatchObject({ termination: hungUp, lastWidget: 'wait' });
    expect(row.answeredAt).not.toBeNull();
    expect(report).toMatchObject({ callDetails: [{ remoteHangup: true, hangupCause: '16', didNumber: '100' }] });
  });

  it.each(['uac', 'regexp'])('comes with a scenario of its own, %s', async (own) => {
    await succeed({ scenario: `sipp:${own}`, number: '100', transport });
  });

  it('is hung up on by the flow', async () => {
    const { row } = await call({ scenario: 'load', number: '300', transport });
    expect(row).toMatchObject({ termination: { by: 'flow', cause: 16 }, lastWidget: 'bye' });
  });

  it('keys digits as RTP events, and the flow understands them', async () => {
    const { row, report } = await call({ scenario: 'digits-rtp', number: '400', transport });
    expect(row).toMatchObject({ termination: { by: 'flow' } });
    expect(keysOf(report)).toEqual({ '$flow.key.digits': '4711' });
  });

  it('keys digits by INFO, and the flow understands them', async () => {
    const { report } = await call({ scenario: 'digits-info', number: '400', transport });
    expect(keysOf(report)).toEqual({ '$flow.key.digits': '4711' });
  });

  it('cancels while it rings', async () => {
    const { row } = await call({ scenario: 'cancel', number: '200', transport });
    expect(row).toMatchObject({
      answeredAt: null,
      termination: { by: 'caller', sip: 487, reason: 'cancel' },
      lastWidget: 'ring',
    });
  });

  it('puts the call on hold and takes it back', async () => {
    expect((await call({ scenario: 'hold', number: '100', transport })).row.termination).toMatchObject(hungUp);
  });

  it('offers late', async () => {
    expect((await call({ scenario: 'late-offer', number: '100', transport })).row.termination).toMatchObject(hungUp);
  });

  it('sends re-INVITEs one over the other', async () => {
    const { row } = await call({ scenario: 'overlapping-reinvites', number: '100', transport });
    expect(row.termination).toMatchObject(hungUp);
  });

  it('asks for a session timer', async () => {
    expect((await call({ scenario: 'session-timer', number: '100', transport })).row.termination).toMatchObject(hungUp);
  });

  it('requires reliable provisional responses', async () => {
    const { row } = await call({ scenario: 'reliable-provisional', number: '201', transport });
    expect(row.termination).toMatchObject(hungUp);
  });

  it('requires them, and is answered at once', async () => {
    const { row, messages } = await call({ scenario: 'reliable-at-once', number: '100', transport });
    expect(row.termination).toMatchObject(hungUp);
    expect(messages).not.toContain('SIP/2.0 180');
  });

  it('sends its SDP beside other bodies', async () => {
    expect((await call({ scenario: 'multipart', number: '100', transport })).row.termination).toMatchObject(hungUp);
  });

  it('hangs up before it has acknowledged', async () => {
    expect((await call({ scenario: 'bye-before-ack', number: '100', transport })).row.termination).toMatchObject(hungUp);
  });

  it('sends requests inside the call that mean nothing to it', async () => {
    expect((await call({ scenario: 'in-dialog', number: '100', transport })).row.termination).toMatchObject(hungUp);
  });

  it.each([
    ['a number nobody answers: 404', 'unknown-number', '999'],
    ['an INVITE without Contact: 400', 'no-contact', '100'],
    ['Max-Forwards 0: 483', 'max-forwards-zero', '100'],
    ['no codec in common: 488', 'no-common-codec', '100'],
    ['an unknown extension required: 420', 'unknown-extension', '100'],
    ['a session timer that is too small: 422', 'session-timer-small', '100'],
    ['OPTIONS: 200', 'options', '100'],
  ])('is told of %s', async (_what, scenario, number) => {
    const { cli } = await succeed({ scenario, number, transport });
    expect(await rowsOf(site, cli)).toEqual([]);
  });
});

describe('sipp over UDP that loses messages', () => {
  // Over TCP too, but sipp takes a response that is repeated there for a mistake.
  it('gets the 180 that it requires again until it acknowledges, and the 200 after that', async () => {
    const { row, messages } = await call({ scenario: 'reliable-late-prack', number: '201' });
    expect(row.termination).toMatchObject(hungUp);
    expect(messages.match(/SIP\/2\.0 180/g)?.length).toBeGreaterThan(1);
    expect(answers200(messages)).toBe(1);
  });

  it('gets the 200 again until it acknowledges', async () => {
    const { row, messages } = await call({ scenario: 'late-ack', number: '100' });
    expect(row.termination).toMatchObject(hungUp);
    expect(answers200(messages)).toBe(3);
  });

  it('that never acknowledges gets a BYE after 64·T1, and the report says why', async () => {
    const { row, report, messages } = await call({ scenario: 'no-ack', number: '100' }, impatient);
    expect(answers200(messages)).toBeGreaterThan(3);
    expect(row).toMatchObject({ termination: { by: 'network', cause: 102, reason: 'no-ack' }, lastWidget: 'answer' });
    expect(report).toMatchObject({ callDetails: [{ hangupCause: '102' }] });
  });
});

it('50 calls at 25 a second: none fails, nothing is left behind', async () => {
  const outcome = await succeed({ scenario: 'load', number: '300', calls: 50, rate: 25 });
  expect(outcome).toMatchObject({ successful: 50, failed: 0 });
  await eventually('all gauges at zero', async () => {
    const metrics = String((await site.get('/metrics')).body);
    return /^offhook_calls_live 0$/m.test(metrics) && /^offhook_media_sessions 0$/m.test(metrics);
  });
  expect(site.exitCode).toBeNull();
});
