import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { dominantFrequency, rms, soundStretches } from '../../src/phone/analysis.js';
import { Baresip, VOICE_HZ, type BaresipOptions } from '../support/baresip.js';
import { flow, inWidget, keysOf, reportOf, rowOf } from '../support/calls.js';
import { Endpoint, eventually, Site } from '../support/site.js';
import { toneWav } from '../support/tones.js';
import { download } from '../support/wav.js';

/* A real softphone calls a whole Offhook: what it hears is in its own recording, its keys are typed on its console. */

const ASK_HZ = 440;
const THANKS_HZ = 880;
const hangup = { type: 'hangup' };

let reports: Endpoint;
let site: Site;
let phone: Baresip | null = null;
let callers = 0;

beforeAll(async () => {
  reports = await Endpoint.start();
  site = await Site.start({
    report: reports.url,
    prompts: { 'ask.wav': toneWav(ASK_HZ, 1500), 'thanks.wav': toneWav(THANKS_HZ, 1000) },
    flows: [
      flow('100', {
        wait: { type: 'answer', exits: { next: 'stay' } },
        stay: { type: 'delay', seconds: 60, exits: { next: 'bye' } },
        bye: hangup,
      }),
      flow('200', { ring: { type: 'delay', seconds: 60, exits: { next: 'bye' } }, bye: hangup }),
      flow('300', {
        say: { type: 'play', prompt: [{ say: 'Your order has been shipped.' }], exits: { done: 'bye' } },
        bye: hangup,
      }),
      flow(
        '400',
        {
          ask: {
            type: 'collect',
            saveIn: '$flow.key.digits',
            prompt: [{ file: 'ask.wav' }],
            digits: { min: 4, max: 8, firstDigitTimeout: 10 },
            exits: { collected: 'thanks', noInput: 'bye', missed: 'bye' },
          },
          thanks: { type: 'play', prompt: [{ file: 'thanks.wav' }], exits: { done: 'bye' } },
          bye: hangup,
        },
        { record: true },
      ),
    ],
  });
});

afterEach(async () => {
  await phone?.close();
  phone = null;
});

afterAll(async () => {
  await site.dispose();
  await reports.close();
});

/** Starts a phone with a number of its own. */
async function start(options: Omit<BaresipOptions, 'number'> = {}): Promise<{ phone: Baresip; cli: string }> {
  callers += 1;
  const cli = `43155${String(process.pid % 1000).padStart(3, '0')}${callers}`;
  phone = await Baresip.start({ number: cli, ...options });
  return { phone, cli };
}

/** Half a second at that place of a recording, ms. */
const piece = (samples: Int16Array, fromMs: number): Int16Array => samples.subarray(fromMs * 8, (fromMs + 500) * 8);

describe('baresip', () => {
  it.each([
    ['PCMU over UDP', { codec: 'PCMU' }, 'udp'],
    ['PCMA over UDP', { codec: 'PCMA' }, 'udp'],
    ['both codecs over TCP', {}, 'tcp'],
  ] as const)('hears the prompts and has its keys understood: %s', async (_name, options, transport) => {
    const { phone: caller, cli } = await start(options);
    caller.call(`sip:400@127.0.0.1:${site.port(transport)};transport=${transport}`);
    await caller.until('CALL_ESTABLISHED');
    await eventually('the prompt', () => rms(caller.heard()) > 0.05 && caller.heard().length > 8000);
    caller.type('4711#');
    await caller.until('CALL_CLOSED');

    const { report } = await reportOf(reports, cli);
    expect(keysOf(report)).toEqual({ '$flow.key.digits': '4711' });
    expect(report.callDetails).toMatchObject([{ calleeNumber: cli, didNumber: '400', remoteHangup: false, hangupCause: '16' }]);

    expect(dominantFrequency(piece(caller.heard(), 300))).toBeCloseTo(ASK_HZ, -1);
    // Its recording is complete when it has closed the file.
    await eventually('the thanks in its recording', () => {
      const heard = caller.heard();
      const thanks = soundStretches(heard).at(-1) ?? { fromMs: 0, toMs: 0 };
      return Math.abs((dominantFrequency(piece(heard, thanks.toMs - 700)) ?? 0) - THANKS_HZ) < 5;
    });

    const [link] = report.recordingUrls;
    const recording = await download(link?.recordedFilePublicPath ?? '');
    expect(dominantFrequency(piece(recording.channels[0] ?? new Int16Array(0), 300))).toBeCloseTo(VOICE_HZ, -1);
  });

  it('hears text spoken by the built-in voice', async () => {
    const { phone: caller, cli } = await start();
    caller.call(site.target('300'));
    await caller.until('CALL_CLOSED');
    const spoken = soundStretches(caller.heard()).reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);
    expect(spoken).toBeGreaterThan(700);
    expect((await reportOf(reports, cli)).report.callDetails).toMatchObject([{ remoteHangup: false, hangupCause: '16' }]);
  });

  it('hangs up', async () => {
    const { phone: caller, cli } = await start();
    caller.call(site.target('100'));
    await inWidget(site, cli, 'stay');
    caller.hangup();
    expect((await reportOf(reports, cli)).report.callDetails).toMatchObject([{ remoteHangup: true, hangupCause: '16' }]);
    expect(await rowOf(site, cli)).toMatchObject({ termination: { by: 'caller', reason: 'bye' }, lastWidget: 'stay' });
  });

  it('gives up while it rings', async () => {
    const { phone: caller, cli } = await start();
    caller.call(site.target('200'));
    await caller.until('CALL_RINGING');
    caller.hangup();
    await reportOf(reports, cli);
    expect(await rowOf(site, cli)).toMatchObject({ answeredAt: null, termination: { by: 'caller', sip: 487, reason: 'cancel' } });
  });

  it('is told that nobody has that number', async () => {
    const { phone: caller } = await start();
    caller.call(site.target('999'));
    expect((await caller.until('CALL_CLOSED')).param).toContain('404');
  });

  it('puts the call on hold, takes it back and is still understood', async () => {
    const { phone: caller, cli } = await start();
    caller.call(site.target('400'));
    await caller.until('CALL_ESTABLISHED');
    caller.type('x');
    await eventually('the answer to the hold', () => caller.events.filter(({ type }) => type === 'CALL_REMOTE_SDP').length >= 2);
    caller.type('X');
    await eventually(
      'the answer to the resume',
      () => caller.events.filter(({ type }) => type === 'CALL_REMOTE_SDP').length >= 3,
    );
    caller.type('8150#');
    expect(keysOf((await reportOf(reports, cli)).report)).toEqual({ '$flow.key.digits': '8150' });
    // Its recording ends with the hold, so what it hears afterwards is not looked at here.
  });
});
