import type { JournalEntry } from '../../model/journal.js';

/** What the demo pressed and where it called. */
export interface DemoCall {
  readonly caller: string;
  readonly number: string;
  readonly order: string;
  readonly callId: string;
}

interface ReportShape {
  readonly 'phonon-uuid'?: unknown;
  readonly callDetails?: readonly Record<string, unknown>[];
  readonly keys?: readonly { readonly name: string; readonly value: unknown }[];
  readonly recordingUrls?: readonly { readonly recordedFilePublicPath: string }[];
}

/** Everything in which a report differs from the call it reports; empty when it matches. */
export function mismatches(body: string, call: DemoCall): string[] {
  const report = JSON.parse(body) as ReportShape;
  const leg = report.callDetails?.[0];
  const key = (name: string): unknown => report.keys?.find((entry) => entry.name === name)?.value;
  const checks: readonly (readonly [string, unknown, unknown])[] = [
    ['phonon-uuid', report['phonon-uuid'], call.callId],
    ['number of legs', report.callDetails?.length, 1],
    ['calleeNumber', leg?.['calleeNumber'], call.caller],
    ['didNumber', leg?.['didNumber'], call.number],
    ['incoming', leg?.['incoming'], true],
    ['hangupCause', leg?.['hangupCause'], '16'],
    ['$flow.key.order', key('$flow.key.order'), call.order],
    ['$flow.key.response_status', key('$flow.key.response_status'), 'SUCCESS'],
    ['number of recordings', report.recordingUrls?.length, 1],
  ];
  return checks
    .filter(([, found, expected]) => found !== expected)
    .map(([name, found, expected]) => `${name} is ${JSON.stringify(found)}, expected ${JSON.stringify(expected)}`);
}

/** The link to the call's recording in a report. */
export function recordingLink(body: string): string | null {
  return (JSON.parse(body) as ReportShape).recordingUrls?.[0]?.recordedFilePublicPath ?? null;
}

/** The id of the call that a journal entry begins. */
export function callIdOf(entry: JournalEntry): string | null {
  return entry.type === 'call' ? entry.callId : null;
}
