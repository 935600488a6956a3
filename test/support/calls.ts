import { placeCall } from '../../src/phone/place-call.js';
import type { PhoneCallOptions, PhoneCall, PhoneResult } from '../../src/phone/types.js';
import { eventually, type Endpoint, type Site } from './site.js';

/*
 * Calls of end-to-end tests: every call has a caller's number of its own, by which its row, its story and its report are found.
 */

type Json = Record<string, unknown>;

/** A flow file. `start` is the first widget when absent. */
export function flow(id: string, widgets: Record<string, Json>, more: Json = {}): Json & { readonly id: string } {
  return { id, name: id, webhook: true, start: Object.keys(widgets)[0], widgets, ...more };
}

export interface PlacedCall {
  readonly phone: PhoneCall;
  /** The caller's number, which no other call has. */
  readonly cli: string;
}

let callers = 0;

/** Calls a number of the site from a number of its own. */
export async function dial(site: Site, number: string, options: Partial<PhoneCallOptions> = {}): Promise<PlacedCall> {
  callers += 1;
  const cli = `1555${String(process.pid % 1000).padStart(3, '0')}${String(callers).padStart(4, '0')}`;
  const phone = await placeCall({ target: site.target(number), from: `sip:${cli}@127.0.0.1`, maxMs: 60_000, ...options });
  return { phone, cli };
}

/** Waits until the call is answered. */
export async function answered({ phone }: PlacedCall): Promise<void> {
  if (!(await phone.waitFor(({ answered: yes }) => yes))) throw new Error(`not answered: ${describe(await phone.result)}`);
}

function describe({ status, endedBy }: PhoneResult): string {
  return `status ${status ?? 'none'}, ended by ${endedBy}`;
}

/** One call as the API's list shows it. */
export interface CallRow {
  readonly id: string;
  readonly flowVersion: string;
  readonly startedAt: number;
  readonly answeredAt: number | null;
  readonly endedAt: number | null;
  readonly termination: {
    readonly by: string;
    readonly cause: number;
    readonly sip: number | null;
    readonly reason: string;
  } | null;
  readonly lastWidget: string | null;
}

export interface Step {
  readonly widget: string;
  readonly anchor: string;
  readonly exit: string | null;
  readonly at: number;
}

export interface Story {
  readonly call: CallRow;
  readonly steps: readonly Step[];
  readonly faults: readonly { readonly widget: string; readonly code: string }[];
  readonly timeline: readonly (Json & { readonly seq: number; readonly type: string })[];
  readonly legs: readonly { readonly cause: number | null; readonly remote: boolean }[];
}

/** The calls of that caller; there should be one. */
export async function rowsOf(site: Site, cli: string): Promise<readonly CallRow[]> {
  const { body } = await site.get(`/v1/calls?cli=${cli}`);
  return (body as { items: CallRow[] }).items;
}

/** The call's row, as soon as there is one. */
export function rowOf(site: Site, cli: string): Promise<CallRow> {
  return eventually(`the row of ${cli}`, async () => (await rowsOf(site, cli))[0]);
}

export async function storyOf(site: Site, cli: string): Promise<Story> {
  const { id } = await rowOf(site, cli);
  const { body } = await site.get(`/v1/calls/${id}`);
  return body as Story;
}

/** Waits until the call is in that widget. */
export function inWidget(site: Site, cli: string, widget: string): Promise<Story> {
  return eventually(`${cli} in widget ${widget}`, async () => {
    if ((await rowsOf(site, cli)).length === 0) return null;
    const story = await storyOf(site, cli);
    return story.steps.at(-1)?.widget === widget ? story : null;
  });
}

/** The whole story of a call, once it is over. */
export function endedStoryOf(site: Site, cli: string): Promise<Story> {
  return eventually(`the end of ${cli}`, async () => {
    const story = await storyOf(site, cli);
    return story.call.endedAt === null ? null : story;
  });
}

/** A leg of a report in the default format. */
export interface ReportedLeg {
  readonly calleeNumber: string;
  readonly didNumber: string;
  readonly incoming: boolean;
  readonly remoteHangup?: boolean;
  readonly startTime: string;
  readonly connectTime?: string;
  readonly endTime: string;
  readonly duration: string;
  readonly hangupCause: string;
  readonly is_ringing?: string;
  readonly dtmfPressesd?: readonly { readonly key: string; readonly label: string }[];
}

export interface Report {
  readonly 'phonon-uuid': string;
  readonly callDetails: readonly ReportedLeg[];
  readonly keys: readonly { readonly name: string; readonly value: unknown }[];
  readonly recordingUrls: readonly { readonly recordedFileName: string; readonly recordedFilePublicPath: string }[];
}

/** A report as it came in, with the id of its delivery. */
export interface Delivered<R = Report> {
  readonly id: string;
  readonly report: R;
}

/** Every report about that caller, in either format, doubles included. */
export function reportsOf<R = Report>(endpoint: Endpoint, cli: string): readonly Delivered<R>[] {
  return endpoint.received
    .map(({ headers, body }) => ({ id: String(headers['webhook-id']), report: JSON.parse(body) as Json }))
    .filter(({ report }) => callerOf(report) === cli)
    .map(({ id, report }) => ({ id, report: report as R }));
}

function callerOf({ callDetails, legs }: Json): unknown {
  const [phonon] = (callDetails ?? []) as readonly { calleeNumber: string }[];
  const [native] = (legs ?? []) as readonly { number: string }[];
  return phonon?.calleeNumber ?? native?.number;
}

/** The call's report, as soon as it is there. */
export function reportOf<R = Report>(endpoint: Endpoint, cli: string, timeoutMs?: number): Promise<Delivered<R>> {
  return eventually(`the report of ${cli}`, () => reportsOf<R>(endpoint, cli)[0], timeoutMs);
}

/** Variables of a report by name. */
export function keysOf({ keys }: Report): Readonly<Record<string, unknown>> {
  return Object.fromEntries(keys.map(({ name, value }) => [name, value]));
}
