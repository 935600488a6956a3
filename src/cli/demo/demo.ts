import { get } from 'node:http';
import { join } from 'node:path';
import { problemLines } from '../problems.js';
import type { JournalEntry } from '../../model/journal.js';
import { systemClock, sleep } from '../../lib/clock.js';
import { createLogger } from '../../lib/log/log.js';
import { startRuntime, type Runtime } from '../../app/main.js';
import { placeCall } from '../../phone/place-call.js';
import type { PhoneResult } from '../../phone/types.js';
import { readSite } from '../../site/site.js';
import { measurePhases, phaseLine, phaseProblems } from './phases.js';
import { ORDER, type Scenario } from './scenarios.js';
import { startOrderApi, startReportReceiver } from './services.js';
import { makeDemoSite } from './site.js';
import { timelineLine } from './timeline.js';
import { callIdOf, mismatches, recordingLink } from './verdict.js';

const REPORT_TIMEOUT_MS = 15_000;
const CALL_TIMEOUT_MS = 90_000;

const CALLER = '15550001';

/**
 * `offhook demo`: the runtime on free loopback ports, an order API, a report receiver, and one real SIP call by the test phone.
 * Prints the call's timeline live, the report as received, and what the caller heard with the WAV of it. 0 only when the report
 * arrived and matches the call, its recording could be fetched, and the caller heard what the scenario wants.
 */
export async function demoCommand(scenario: Scenario, print: (text: string) => void): Promise<number> {
  const reports: string[] = [];
  let onReport = (): void => undefined;
  const reported = new Promise<void>((resolve) => {
    onReport = resolve;
  });
  const orderApi = await startOrderApi(systemClock, scenario.apiDelayMs);
  const receiver = await startReportReceiver((body) => {
    reports.push(body);
    onReport();
  });
  try {
    const dir = makeDemoSite({ orderApi: orderApi.url, reports: receiver.url });
    const runtime = await startDemo(dir, print);
    if (runtime === null) return 1;
    try {
      const { number, apiDelayMs } = scenario;
      print(
        `Offhook answers ${number} at ${runtime.listening.join(', ')}; the order API at ${orderApi.url} takes ${apiDelayMs / 1000} s.\n`,
      );
      const called = await call(runtime, scenario, print);
      await Promise.race([reported, sleep(systemClock, REPORT_TIMEOUT_MS)]);
      return await conclude({ ...called, scenario, report: reports[0] ?? null, wav: join(dir, 'heard.wav') }, print);
    } finally {
      await runtime.stop();
    }
  } finally {
    await Promise.all([orderApi.close(), receiver.close()]);
  }
}

async function startDemo(dir: string, print: (text: string) => void): Promise<Runtime | null> {
  const { site, problems } = readSite({ dir, env: {} });
  if (site === null) {
    print(problemLines(problems).join('\n'));
    return null;
  }
  const log = createLogger('warn');
  const started = await startRuntime(site, {
    log,
    onFatal: (reason) => {
      log.error({ code: 'SIP_SERVER_LOST', reason }, 'the demo cannot go on');
    },
  });
  if (started.ok) return started.value;
  print(problemLines([started.error]).join('\n'));
  return null;
}

/** Places the call and prints its journal as it grows. */
async function call(
  runtime: Runtime,
  { number, digits }: Scenario,
  print: (text: string) => void,
): Promise<Pick<DemoResult, 'phone' | 'callId' | 'journal'>> {
  let callId = '';
  const journal: JournalEntry[] = [];
  const unsubscribe = runtime.feed.subscribe((event) => {
    if (event.kind !== 'journal') return;
    callId = callIdOf(event.entry) ?? callId;
    journal.push(event.entry);
    const line = timelineLine(event.entry);
    if (line !== null) print(line);
  });
  try {
    const udp = runtime.listening.find((address) => address.startsWith('udp/')) ?? '';
    const phone = await placeCall({
      target: `sip:${number}@${udp.slice('udp/'.length)}`,
      from: `sip:${CALLER}@127.0.0.1`,
      digits,
      maxMs: CALL_TIMEOUT_MS,
    });
    return { phone: await phone.result, callId, journal };
  } finally {
    unsubscribe();
  }
}

interface DemoResult {
  readonly scenario: Scenario;
  readonly phone: PhoneResult;
  readonly callId: string;
  readonly journal: readonly JournalEntry[];
  readonly report: string | null;
  readonly wav: string;
}

async function conclude(
  { scenario, phone, callId, journal, report, wav }: DemoResult,
  print: (text: string) => void,
): Promise<number> {
  await phone.heard.writeWav(wav);
  const problems: string[] = [];
  if (phone.status !== 200) problems.push(`the call was answered with ${phone.status ?? 'nothing'}`);
  if (report === null) problems.push(`no report arrived within ${REPORT_TIMEOUT_MS / 1000} s`);
  else {
    print(`\nThe report, as received:\n${JSON.stringify(JSON.parse(report), null, 2)}`);
    problems.push(...mismatches(report, { caller: CALLER, number: scenario.number, order: ORDER, callId }));
    const link = recordingLink(report);
    const bytes = link === null ? 0 : await download(link);
    if (bytes === 0) problems.push('the recording could not be downloaded from its link');
    else print(`\nIts recording: ${bytes} bytes, downloaded from the link in the report.`);
  }
  if (scenario.phases) {
    const phases = measurePhases(journal, phone.heard);
    print(`\nWhat the caller heard, as the test phone recorded it:\n${phases.map(phaseLine).join('\n')}`);
    problems.push(...phaseProblems(phases));
  }
  print(`What the caller heard: ${wav}  (${phone.rtp.received} packets, ${phone.rtp.lost} lost)`);
  print(
    problems.length === 0 ? '\nThe report matches the call.' : `\nFailed:\n${problems.map((text) => `  ✗ ${text}`).join('\n')}`,
  );
  return problems.length === 0 ? 0 : 1;
}

/** Size of what a link of this process serves, bytes; 0 when it serves nothing. */
function download(url: string): Promise<number> {
  return new Promise((resolve) => {
    get(url, (response) => {
      let bytes = 0;
      response.on('data', (chunk: Buffer) => (bytes += chunk.length));
      response.on('end', () => {
        resolve(response.statusCode === 200 ? bytes : 0);
      });
      response.on('error', () => {
        resolve(0);
      });
    }).on('error', () => {
      resolve(0);
    });
  });
}
