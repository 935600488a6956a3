import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { CODES } from '../lib/codes.js';
import type { Json } from '../lib/json/json.js';
import { err, type Result } from '../lib/result.js';
import { readSample } from '../runs/test/samples.js';
import type { FunctionTestResult } from '../runs/test/function-test.js';
import type { ReportTestResult } from '../runs/test/report-test.js';
import type { Tester } from '../runs/test/tester.js';
import type { WidgetTestResult } from '../runs/test/widget-test.js';
import { refusal, type Refusal } from '../model/refusal.js';
import { fromCurl } from '../app/open-webhook-tools.js';
import type { ImportedWebhook } from '../webhooks/curl/import.js';
import type { SeenExchange } from '../runs/test/exchange-log.js';
import { finish, table } from './output.js';
import { type CommandLine, unusable } from './command-line.js';
import { openTools } from './webhook-site.js';
import { jsonText } from '../lib/json/json-text.js';

interface TestOptions {
  readonly config: string;
  readonly json: boolean;
  readonly var: readonly string[];
  readonly cli?: string;
}

const STDIN = 0;
/** Longest body that is printed for people, characters. */
const MAX_PRINTED = 2000;

/** `offhook webhook test` and `offhook webhook import`. */
export function addTestCommands(group: Command, { print, exit, config }: CommandLine): void {
  group
    .command('test')
    .description('run a webhook or function widget now and show what happens; with only a webhook name: send it a sample report')
    .argument('<flow or webhook>')
    .argument('[widget]', 'id of the widget in the flow')
    .option(
      '--var <name=value>',
      'value of a variable, e.g. $flow.key.order=1234, or $flow.key.count:=5 for JSON; may be repeated',
      gather,
      [],
    )
    .option('--cli <number>', 'number of the caller')
    .addOption(config)
    .option('--json', 'print JSON', false)
    .action(async (first: string, widget: string | undefined, options: TestOptions) => {
      const output = { print, json: options.json };
      if (widget === undefined) {
        const result = await tested(options.config, (tester) => tester.report(first));
        const code = finish(output, result, reportLines);
        exit(code === 0 && result.ok && !result.value.delivered ? 1 : code);
        return;
      }
      const result = await testWidget(first, widget, options);
      exit(finish(output, result, (tested) => ('mapping' in tested ? widgetLines(tested) : functionLines(tested))));
    });
  group
    .command('import')
    .description('make a webhook widget from a curl command (in quotes, or - to read it from stdin)')
    .argument('<command>', 'e.g. "curl -d a=1 https://shop.example/orders", or -')
    .option('--json', 'print JSON with secrets and warnings', false)
    .action((command: string, options: { readonly json: boolean }) => {
      const text = command === '-' ? readFileSync(STDIN, 'utf8') : command;
      exit(finish({ print, json: options.json }, fromCurl(text), importLines));
    });
}

function gather(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}

async function testWidget(
  flow: string,
  widget: string,
  options: TestOptions,
): Promise<Result<WidgetTestResult | FunctionTestResult, Refusal>> {
  const variables: Record<string, Json> = options.cli === undefined ? {} : { '$call.cli': options.cli };
  for (const text of options.var) {
    const sample = readSample(text);
    if (!sample.ok) return err(refusal('WEBHOOK_TEST_INVALID', sample.error));
    const [name, value] = sample.value;
    variables[name] = value;
  }
  return tested(options.config, (tester) => tester.widget({ flow, widget, config: null, variables }));
}

async function tested<T>(dir: string, go: (tester: Tester) => Promise<Result<T, Refusal>>): Promise<Result<T, Refusal>> {
  const opened = openTools(dir);
  if (!opened.ok) return unusable(opened.error);
  try {
    return await go(opened.value.tools.tester);
  } finally {
    await opened.value.outbound.client.close();
  }
}

function exchangeLines({ purpose, requests, answer }: SeenExchange, index: number): string[] {
  const sent = requests.flatMap(({ method, url, headers, body }, hop) => [
    `${hop === 0 ? `→ ${purpose === 'token' ? 'access token' : `request ${index + 1}`}` : '→ redirected'}  ${method} ${url}`,
    ...headers.map(([name, value]) => `    ${name}: ${value}`),
    ...(body === null ? [] : ['', ...shownBody(body)]),
  ]);
  const status = answer.status === null ? '✗' : String(answer.status);
  return [
    ...(sent.length === 0 ? ['→ no request was sent'] : sent),
    `← ${status}  ${Math.round(answer.ms)} ms, ${answer.bytes} bytes${answer.problem === null ? '' : `  (${answer.problem})`}`,
    ...answer.headers.map(([name, value]) => `    ${name}: ${value}`),
    ...(answer.body === null ? [] : ['', ...shownBody(answer.body)]),
    '',
  ];
}

function shownBody(text: string): string[] {
  const cut = text.length > MAX_PRINTED ? `${text.slice(0, MAX_PRINTED)} … (--json shows more)` : text;
  return cut.split('\n').map((line) => `    ${line}`);
}

function widgetLines(result: WidgetTestResult): string[] {
  const rows = result.mapping.map(({ saveIn, path, header, found, saved }) => [
    saveIn,
    path ?? (header === undefined ? 'status' : `header ${header}`),
    found ? 'found' : 'not found',
    asText(saved),
  ]);
  return [
    ...result.exchanges.flatMap(exchangeLines),
    ...(rows.length > 0 ? [...table(['VARIABLE', 'READS', '', 'VALUE'], rows), ''] : []),
    ...resultLines(result),
  ];
}

function functionLines(result: FunctionTestResult): string[] {
  const { call, exchanges, outputs, notes } = result;
  const rows = outputs.map(({ name, value, set }) => [name, asText(value), set ? '' : 'not set']);
  return [
    ...(call === null ? ['→ no function was called'] : callLines(call)),
    '',
    ...exchanges.flatMap(exchangeLines),
    ...(rows.length > 0 ? [...table(['OUTPUT', 'VALUE', ''], rows), ''] : []),
    ...resultLines(result),
    ...(notes.length > 0 ? ['', ...notes.map((note) => `! ${note}`)] : []),
  ];
}

function callLines({ function: name, service, keys }: NonNullable<FunctionTestResult['call']>): string[] {
  return [
    `→ function ${name}${service === null ? '' : ` of ${service}`}`,
    ...keys.map(({ name: key, value }) => `    ${key}: ${asText(value)}`),
  ];
}

/** The variables and the exit. */
function resultLines({ answer, variables, exit, next, fault, paths }: WidgetTestResult | FunctionTestResult): string[] {
  const why = answer?.reason ?? variables['$flow.key.error_reason'];
  const detail = answer?.detail;
  return [
    ...table(
      ['RESULT', ''],
      Object.entries(variables)
        .filter(([name]) => name !== '$flow.key.response_raw')
        .map(([name, value]) => [name, asText(value)]),
    ),
    '',
    ...(why === undefined || why === null ? [] : [`${asText(why)}${detail == null ? '' : `: ${detail}`}`]),
    ...(fault === null ? [] : [`✗ ${fault}`]),
    `exit  ${exit ?? 'none'} → ${next ?? 'end of the flow'}`,
    ...(paths.length > 0 ? ['', `The answer has ${paths.length} paths: offhook webhook test … --json lists them`] : []),
  ];
}

function reportLines({ webhook, exchanges, problem, delivered }: ReportTestResult): string[] {
  return [
    ...exchanges.flatMap(exchangeLines),
    ...(problem === null ? [] : [`✗ ${problem}`]),
    delivered ? `${webhook} accepted the sample report.` : `✗ ${webhook} did not accept the sample report.`,
  ];
}

function importLines({ widget, secrets, variables, done, warnings }: ImportedWebhook): string[] {
  const advice = CODES.CONFIG_SECRET_MISSING.advice;
  return [
    JSON.stringify(widget, null, 2),
    ...(secrets.length > 0 ? ['', 'The command had secrets. Set them under these names:'] : []),
    ...secrets.map(({ name, what }) => `  ${name}  ${what}`),
    ...(secrets.length > 0 ? [`  ${advice}`] : []),
    ...(variables.length > 0 ? ['', 'The flow must set these variables, or declare them under `variables`:'] : []),
    ...variables.map(({ name, source }) => `  ${name}  ${source}`),
    '',
    'What each part of the command became:',
    ...done.map((line) => `  ${line}`),
    ...(warnings.length > 0 ? ['', ...warnings.map((warning) => `! ${warning}`)] : []),
  ];
}

function asText(value: Json | undefined): string {
  if (value === undefined) return '–';
  return typeof value === 'string' ? value : jsonText(value);
}
