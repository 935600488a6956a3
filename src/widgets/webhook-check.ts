import { scan, variablesIn } from '../flow/scanner.js';
import { renderText } from '../flow/template.js';
import type { RequestRules, WidgetProblem } from '../flow/widget.js';
import type { Json } from '../lib/json.js';
import { profiled, type WebhookConfig, type WebhookConfigRow } from './webhook-config.js';

/* What can be known of a webhook before it runs: requests that fail whatever their variables hold, and fields without effect. */

/** Everything wrong with one webhook, paths from its configuration. */
export function webhookProblems(config: WebhookConfig, requests?: RequestRules): readonly WidgetProblem[] {
  return [
    ...rowProblems('query', config.query),
    ...rowProblems('headers', config.headers),
    ...rowProblems('body.fields', 'fields' in config.body ? config.body.fields : []),
    ...bodyProblems(config),
    ...mappingProblems(config),
    ...idleFields(config),
    ...(requests === undefined ? [] : requestProblems(config, requests)),
  ];
}

/** Rows of type `variable` hold one variable. */
function rowProblems(list: string, rows: readonly WebhookConfigRow[]): WidgetProblem[] {
  return rows.flatMap(({ type, value }, index) => {
    if (type !== 'variable' || isOneVariable(value)) return [];
    const message = `A row of type variable holds “${value}”, which is not one variable.`;
    const advice = 'Write one variable, e.g. $flow.key.order, or make the row type text.';
    return [{ path: `${list}[${index}].value`, message, advice }];
  });
}

function isOneVariable(value: string): boolean {
  return scan(value).length === 1 && variablesIn(value).length === 1;
}

function bodyProblems({ body, method, sendBodyWithGet }: WebhookConfig): WidgetProblem[] {
  const problems: WidgetProblem[] = [];
  if (body.type === 'json' && typeof body.content === 'string' && !canBeJson(body.content)) {
    problems.push({
      path: 'body.content',
      message: 'The body is not JSON, whatever its variables hold.',
      advice: 'Correct it (names and texts in double quotes, no comma at the end), or write it as JSON instead of as text.',
    });
  }
  if (body.type !== 'none' && (method === 'GET' || method === 'HEAD') && !sendBodyWithGet) {
    const message = `The body is not sent with ${method}.`;
    problems.push({ path: 'body', message, advice: 'Use POST, or set sendBodyWithGet.', severity: 'warning' });
  }
  return problems;
}

/** Q42: inside quotes any value is escaped, outside it is JSON itself; so two values show whether a template can be JSON. */
function canBeJson(template: string): boolean {
  return ['', 0].some((value: Json) => {
    try {
      JSON.parse(renderText(template, 'json', () => ({ value, masked: false })).value);
      return true;
    } catch {
      return false;
    }
  });
}

function mappingProblems({ mapping }: WebhookConfig): WidgetProblem[] {
  return mapping.flatMap(({ required, mandatory }, index) => {
    if (required === undefined || mandatory === undefined || required === mandatory) return [];
    const message = '`required` and `mandatory` mean the same and contradict each other.';
    return [{ path: `mapping[${index}].mandatory`, message, advice: 'Leave one of them out.' }];
  });
}

/** P15: nobody waits for the answer, so nothing is done with it. */
function idleFields({ wait, mapping, saveStatusIn, holdMusic }: WebhookConfig): WidgetProblem[] {
  if (wait) return [];
  const idle = [
    ...(mapping.length > 0 ? ['mapping'] : []),
    ...(saveStatusIn === undefined ? [] : ['saveStatusIn']),
    ...(holdMusic === false ? [] : ['holdMusic']),
  ];
  return idle.map((path) => {
    const message = `\`${path}\` has no effect: with \`wait: false\` the flow never learns the answer.`;
    return { path, message, advice: `Remove it, or set wait to true.`, severity: 'warning' };
  });
}

function requestProblems(config: WebhookConfig, requests: RequestRules): WidgetProblem[] {
  const headers = config.headers.flatMap(({ key, value }, index) => {
    const problem = requests.header(key, variablesIn(value).length === 0 ? value : null);
    const message = `The request would not be sent: ${problem ?? ''}.`;
    return problem === null ? [] : [{ path: `headers[${index}]`, message, advice: 'Correct the header, or remove it.' }];
  });
  const reading = profiled(config);
  const paths = config.mapping.flatMap(({ path }, index) => {
    const problem = requests.path(path, reading);
    const message = `The path “${path}” never finds anything: ${problem ?? ''}.`;
    const advice = 'docs/webhooks.md shows how paths are written.';
    return problem === null ? [] : [{ path: `mapping[${index}].path`, message, advice }];
  });
  return [...headers, ...paths];
}
