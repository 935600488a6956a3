import { hiddenAnswer } from '../../flow/journal/masking.js';
import { formatName } from '../../flow/variables/names.js';
import type { FunctionPort, WebhookPort } from '../../flow/ports.js';
import type { MappedRow } from '../../flow/widget.js';
import type { WebhookAnswer } from '../../model/webhook.js';
import { parseName } from '../../flow/variables/scanner.js';
import type { Json } from '../../lib/json/json.js';
import type { AnswerPath, AnswerPlaces } from '../../webhooks/answer/answer-paths.js';
import { type ExchangeLog, MAX_SHOWN, type SeenExchange } from './exchange-log.js';
import type { WatchedSecrets } from '../../webhooks/secrets/secrets.js';
import { RecordedPort } from './recorded-port.js';
import { runWidget, type WidgetRun, type WidgetRunOptions } from './run-widget.js';

/** A row of the mapping and what became of it. */
export interface MappingResult {
  readonly saveIn: string;
  /** What it reads: one of these three. */
  readonly path?: string;
  readonly header?: string;
  readonly status?: true;
  readonly found: boolean;
  /** What was found, before it was converted. */
  readonly value?: Json;
  /** What the variable holds now; absent when nothing was saved. */
  readonly saved?: Json;
}

/** A header of the answer. */
export interface AnswerHeader {
  readonly header: string;
  readonly value: string;
}

/** The answer as the flow sees it. */
export type ShownAnswer = Omit<WebhookAnswer, 'mapped' | 'raw'> & {
  /** Shown row by row, beside its variables. */
  readonly mapped?: undefined;
  /** At most {@link MAX_SHOWN} characters. */
  readonly raw: string | null;
};

/** What a test request came to (docs/behaviour.md#test-requests). Nothing secret is in it. */
export interface WidgetTestResult extends WidgetRun {
  /** What went over the wire, in order: tokens, tries, fallback. */
  readonly exchanges: readonly SeenExchange[];
  /** Null when no request was made. */
  readonly answer: ShownAnswer | null;
  readonly mapping: readonly MappingResult[];
  /** The places of the answer, to make mappings of. */
  readonly paths: readonly AnswerPath[];
  /** There are more than are listed. */
  readonly morePaths: boolean;
  /** The headers of the answer by the name a mapping would use, each with its first line; what proves an identity is `***`. */
  readonly headers: readonly AnswerHeader[];
}

export interface WidgetTestOptions extends WidgetRunOptions {
  /** The port of calls, watched by `exchanges`. */
  readonly port: WebhookPort;
  readonly exchanges: ExchangeLog;
  readonly secrets: WatchedSecrets;
  /** Lists the places of an answer. */
  readonly paths: (
    answer: { readonly raw: string; readonly contentType: string },
    reading: Pick<WebhookCallReading, 'responseType' | 'pathRoot' | 'xmlPaths'>,
  ) => Promise<AnswerPlaces>;
}

type WebhookCallReading = NonNullable<RecordedPort['call']>;

/** Runs a webhook widget and shows its request, the answer, and what the flow makes of it. */
export async function testWidget(options: WidgetTestOptions): Promise<WidgetTestResult> {
  const { widget, exchanges } = options;
  const port = new RecordedPort(options.port, options.secrets);
  const run = await runWidget(options, { webhook: port, functions: noFunctions, settled: () => port.settled() });
  const { call, answer } = port;
  const places =
    call !== null && answer?.raw != null
      ? await options.paths({ raw: answer.raw, contentType: exchanges.contentType }, call)
      : { paths: [], more: false };
  return {
    ...run,
    exchanges: exchanges.seen,
    answer: answer === null ? null : shownAnswer(call?.masked === true ? hiddenAnswer(answer) : answer),
    mapping: mappingResults(widget.definition.test?.mapping?.(widget.config) ?? [], answer, run.variables),
    paths: places.paths,
    morePaths: places.more,
    headers: headersOf(exchanges.seen),
  };
}

/** A webhook widget calls no functions. */
const noFunctions: FunctionPort = {
  call: () => Promise.reject(new Error('a webhook widget calls no functions')),
  send: () => Promise.reject(new Error('a webhook widget calls no functions')),
};

function shownAnswer(answer: WebhookAnswer): ShownAnswer {
  return { ...answer, mapped: undefined, raw: answer.raw?.slice(0, MAX_SHOWN) ?? null };
}

/** Of the last answer to a request. */
function headersOf(seen: readonly SeenExchange[]): readonly AnswerHeader[] {
  const lines = seen.findLast(({ purpose }) => purpose === 'request')?.answer.headers ?? [];
  // Of several lines of a name the first is kept.
  return [...new Map(lines.toReversed())].toReversed().map(([header, value]) => ({ header, value }));
}

function mappingResults(
  rows: readonly MappedRow[],
  answer: WebhookAnswer | null,
  variables: Readonly<Record<string, Json>>,
): readonly MappingResult[] {
  return rows.map((row, index) => {
    const { saveIn } = row;
    const mapped = answer?.mapped[index];
    const name = parseName(saveIn);
    const saved = name === null ? undefined : variables[formatName(name)];
    const found = mapped?.found === true ? { found: true, value: mapped.value } : { found: false };
    return { ...row, ...found, ...(saved !== undefined && { saved }) };
  });
}
