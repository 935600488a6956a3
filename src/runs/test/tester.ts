import type { Flow, FlowWidget } from '../../flow/document/document.js';
import { declaredBy, formatName, isWritable, type VariableName } from '../../flow/variables/names.js';
import { parseName, variablesIn } from '../../flow/variables/scanner.js';
import type { BrokenFlow, FlowCheck } from '../../site/flows/flows.js';
import type { Clock } from '../../lib/clock.js';
import type { Random } from '../../lib/ids.js';
import type { Json, JsonObject } from '../../lib/json/json.js';
import type { Problem } from '../../lib/problem.js';
import { err, ok, type Result } from '../../lib/result.js';
import { placesOf } from '../../webhooks/answer/answer-paths.js';
import { ExchangeLog } from './exchange-log.js';
import type { SecretReader } from '../../webhooks/ports.js';
import type { ConfiguredWebhook } from '../../webhooks/configured/schema.js';
import { watchSecrets, type WatchedSecrets } from '../../webhooks/secrets/secrets.js';
import { XmlReader } from '../../webhooks/answer/xml-reader.js';
import { noFlow } from '../../site/flows/no-flow.js';
import { refusal, type Refusal } from '../../model/refusal.js';
import { type FunctionTestResult, testFunction } from './function-test.js';
import { TestLimit } from './limit.js';
import { type ReportTestResult, testReport } from './report-test.js';
import { sortSamples } from './samples.js';
import type { TestPorts } from './test-ports.js';
import { widgetCatalogue } from '../../widgets/index.js';
import { testWidget, type WidgetTestOptions, type WidgetTestResult } from './widget-test.js';

/*
 * Test requests (docs/behaviour.md#test-requests): what a webhook or function widget, or a configured webhook, sends and gets,
 * seen from outside a call.
 */

export interface TesterOptions {
  /** The flows as they are now. */
  readonly flows: () => ReadonlyMap<string, Flow>;
  /** The flow files that are not fit to run now, by id. */
  readonly broken: () => ReadonlyMap<string, BrokenFlow>;
  readonly check: FlowCheck;
  /** The webhooks as configured now. */
  readonly webhooks: () => readonly ConfiguredWebhook[];
  readonly secrets: SecretReader;
  /** Whether the site lets the variable of that name be the beginning of a URL; none may when absent. */
  readonly urlVariable?: (name: string) => boolean;
  readonly open: (secrets: WatchedSecrets, exchanges: ExchangeLog) => TestPorts;
  readonly clock: Clock;
  readonly random: Random;
}

/** What is to be tested. */
export interface WidgetTestInput {
  /** The flow, whose settings and variables apply; null: none. */
  readonly flow: string | null;
  /** Id of the widget in the flow; any name when there is no flow. */
  readonly widget: string;
  /** The widget as JSON, in the place of the one the flow has. */
  readonly config: JsonObject | null;
  /** Sample values by full name. */
  readonly variables: Readonly<Record<string, Json>>;
}

/** The widgets that can be tested, by type. */
const TESTABLE = new Map([...widgetCatalogue].flatMap(([type, { test }]) => (test === undefined ? [] : [[type, test]])));

/** The type of a configuration that names none; a checker refuses what is of none. */
function typeOf(fields: JsonObject): string {
  return [...TESTABLE].find(([, test]) => test.fits(fields))?.[0] ?? '';
}

/** Makes test requests, a limited number of them. */
export class Tester {
  readonly #limit: TestLimit;
  readonly #xml: XmlReader;

  constructor(private readonly options: TesterOptions) {
    this.#limit = new TestLimit(options.clock);
    this.#xml = new XmlReader(options.clock);
  }

  /** Runs one webhook or function widget with sample values, without a call. */
  async widget(input: WidgetTestInput): Promise<Result<WidgetTestResult | FunctionTestResult, Refusal>> {
    const { secrets: read, open, clock, random, urlVariable } = this.options;
    const samples = sortSamples(input.variables);
    if (!samples.ok) return err(refusal('WEBHOOK_TEST_INVALID', samples.error));
    const found = this.#find(input);
    if (!found.ok) return found;
    const secrets = watchSecrets(read);
    const exchanges = new ExchangeLog(secrets);
    const { webhook: port, functions } = open(secrets, exchanges);
    const test = {
      ...found.value,
      samples: samples.value,
      port,
      exchanges,
      secrets,
      clock,
      random,
      ...(urlVariable && { urlVariable }),
    };
    if (found.value.widget.definition.test?.shows === 'call') return this.#limited(() => testFunction({ ...test, functions }));
    const paths: WidgetTestOptions['paths'] = (answer, reading) => placesOf(answer, reading, (query) => this.#xml.query(query));
    return this.#limited(() => testWidget({ ...test, paths }));
  }

  /** Sends a sample report, marked as such, to a configured webhook. */
  async report(name: string): Promise<Result<ReportTestResult, Refusal>> {
    const { secrets: read, open, webhooks, clock, random } = this.options;
    const webhook = webhooks().find((one) => one.name === name);
    if (webhook === undefined) return err(refusal('WEBHOOK_UNKNOWN', `There is no webhook ${name}.`));
    if (webhook.kind !== 'report') {
      const how = `test a function widget with "service": "${name}"`;
      return err(refusal('WEBHOOK_TEST_INVALID', `${name} answers functions and takes no reports: ${how}.`));
    }
    const secrets = watchSecrets(read);
    const exchanges = new ExchangeLog(secrets);
    const { deliver } = open(secrets, exchanges);
    return this.#limited(() => testReport({ webhook, deliver, exchanges, secrets, clock, random }));
  }

  async #limited<T>(test: () => Promise<T>): Promise<Result<T, Refusal>> {
    const result = await this.#limit.run(test);
    return result === null ? err(refusal('WEBHOOK_TEST_LIMIT')) : ok(result);
  }

  /** The widget, checked like any other. */
  #find({ flow: id, widget, config }: WidgetTestInput): Result<{ readonly flow: Flow; readonly widget: FlowWidget }, Refusal> {
    if (id === null && config === null) {
      return err(refusal('WEBHOOK_TEST_INVALID', 'Say what to test: `webhook`, or `flow` and `widget`, or `config`.'));
    }
    const given = config?.['type'];
    if (typeof given === 'string' && !TESTABLE.has(given)) return err(untestable(widget, given));
    const own = id === null ? null : (this.options.flows().get(id) ?? null);
    if (id !== null && own === null) return err(noFlow(id, this.options.broken()));
    const checked = config === null ? ok(own) : this.#checked(own, widget, { type: typeOf(config), ...config });
    if (!checked.ok) return checked;
    const flow = checked.value;
    const found = flow?.widgets.get(widget);
    if (flow === null || found === undefined) return err(refusal('API_NOT_FOUND', `There is no widget ${widget}.`));
    const { type } = found.definition;
    return TESTABLE.has(type) ? ok({ flow, widget: found }) : err(untestable(widget, type));
  }

  /** The flow with this widget in it, or one made of the widget alone. */
  #checked(own: Flow | null, id: string, config: JsonObject): Result<Flow, Refusal> {
    const document = own === null ? aloneDocument(id, config) : withWidget(own, id, config);
    const { flow, problems } = this.options.check(document, own?.id ?? 'test');
    const errors = problems.filter(({ severity }) => severity === 'error');
    return flow === null ? err(invalid(errors)) : ok(flow);
  }
}

function untestable(widget: string, type: string): Refusal {
  return refusal(
    'WEBHOOK_TEST_INVALID',
    `${widget} is of type ${type}; only ${[...TESTABLE.keys()].join(' and ')} widgets can be tested.`,
  );
}

function invalid(errors: readonly Problem[]): Refusal {
  return refusal('WEBHOOK_TEST_INVALID', errors[0]?.message ?? 'The widget is not fit to run.', errors);
}

function withWidget({ document }: Flow, id: string, config: JsonObject): object {
  return { ...document, widgets: { ...document.widgets, [id]: config } };
}

/** A flow of nothing but the widget: its exits end it, and the variables it names are declared. */
function aloneDocument(id: string, { exits, ...rest }: JsonObject): object {
  const config = { ...rest, onError: undefined };
  const wired = typeof exits === 'object' && exits !== null ? Object.keys(exits) : [];
  const ends = Object.fromEntries(['success', 'failed', ...wired].map((exit) => [exit, null]));
  const named = variablesIn(JSON.stringify(config).replaceAll('\\\\', '').replaceAll('\\"', '"'));
  return {
    id: 'test',
    name: 'Test request',
    start: id,
    variables: Object.fromEntries(named.flatMap(declaration).map((name) => [name, null])),
    widgets: { [id]: { ...config, exits: ends } },
  };
}

/** The key that declares a variable in a flow's `variables`; none for what needs no declaration. */
function declaration(variable: VariableName): readonly string[] {
  const { name } = variable;
  const full = formatName(variable);
  return isWritable(variable) && parseName(full) !== null && formatName(declaredBy(name)) === full ? [name] : [];
}
