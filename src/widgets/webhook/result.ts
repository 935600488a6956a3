import { asText } from '../../flow/variables/escape.js';
import { numberFrom } from '../../lib/number/exact-number.js';
import { isBranch, isNumber, type Json } from '../../lib/json/json.js';
import { withPlainNumbers } from '../../lib/json/json-text.js';
import type { WebhookAnswer } from '../../model/webhook.js';
import type { ExitDoc, WidgetContext } from '../../flow/widget.js';
import type { Outcome } from '../shared/request-result.js';
import { isRequired, type MappingRow, sourceText, STATUS_EXIT, type WebhookConfig } from './config.js';

/* What a webhook takes of an answer, and its exits. */

/**
 * Stores what the mapping found, on every status (docs/behaviour.md#mapping-of-errors). Names the reason when a required row of a
 * 2xx holds nothing of its type.
 */
export function applyMapping(answer: WebhookAnswer, config: WebhookConfig, { vars }: WidgetContext): Outcome {
  const unfit: string[] = [];
  for (const [index, row] of config.mapping.entries()) {
    const mapped = answer.mapped[index];
    const value = mapped?.found === true ? convert(mapped.value, row.type) : undefined;
    if (value !== undefined) vars.set(row.saveIn, value);
    else if (answer.status !== null && row.default !== undefined) vars.set(row.saveIn, defaultOf(row.default, vars));
    else if (mapped?.found === true && isRequired(row, config)) unfit.push(`${sourceText(row)} is not a ${row.type ?? 'value'}`);
  }
  if (answer.reason === null && unfit.length > 0) return { ...answer, reason: 'INVALID_RESPONSE_MAP', detail: unfit.join(', ') };
  return answer.reason === 'CONNECTION_FAILURE' ? { ...answer, reason: config.connectionFailureAs } : answer;
}

function defaultOf(value: Json, vars: WidgetContext['vars']): Json {
  return typeof value === 'string' ? vars.typed(value).value : value;
}

const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['1', true],
  ['false', false],
  ['0', false],
]);

/** The value as the row's type wants it, undefined when it cannot be. An explicit null stays null. */
function convert(value: Json, type: MappingRow['type']): Json | undefined {
  if (value === null) return null;
  switch (type) {
    case 'text':
      return asText(value);
    case 'number': {
      const number = typeof value === 'string' ? numberFrom(value) : value;
      return isNumber(number) ? number : undefined;
    }
    case 'boolean':
      return isBranch(value) ? undefined : BOOLEANS.get(asText(withPlainNumbers(value)).toLowerCase());
    case 'json':
    case undefined:
      return value;
  }
}

/** Exits of a configuration and of the statuses the flow wires. */
export function webhookExits(config: WebhookConfig, wired: readonly string[]): Record<string, ExitDoc> {
  const failed: ExitDoc = {
    summary: 'Not sent, no answer, an unexpected status, or not the expected values; `$flow.key.error_reason` says which.',
    error: true,
  };
  if (!config.wait) return { success: { summary: 'The request is on its way.' }, failed };
  const statuses = new Set([...config.statusExits, ...wired.filter((name) => STATUS_EXIT.test(name))]);
  return {
    success: { summary: 'A 2xx answer with everything required in it.' },
    ...Object.fromEntries([...statuses].map((name) => [name, { summary: `The server answered ${name}.` }])),
    timeout: { summary: 'No whole answer in time.', fallback: 'failed', error: true },
    failed,
  };
}

/** What the author of an exit that a webhook has not may have meant. */
export function exitAdvice(exit: string, { wait }: Pick<WebhookConfig, 'wait'>): string {
  if (exit === 'default') return 'A 2xx answer leaves by `success`.';
  if (!wait && STATUS_EXIT.test(exit)) return 'With `wait: false` the flow goes on before there is a status.';
  if (STATUS_EXIT.test(exit.toLowerCase())) return `Write \`${exit.toLowerCase()}\`.`;
  return wait ? 'An exit can also be named after a status (`404`) or a class of them (`5xx`).' : 'It goes on at once.';
}
