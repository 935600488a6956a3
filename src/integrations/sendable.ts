import { isValidName, SYSTEM_VALUES, type VariableName } from '../flow/variables/names.js';
import { parseName } from '../flow/variables/scanner.js';
import type { IntegrationDocument } from './document.js';

/* Which variables the rows of an integration can send: all that the journal of a call has, from which its events are made. */

const systemNames: ReadonlySet<string> = new Set(SYSTEM_VALUES);

/** Why an integration cannot send a variable, as a sentence; null when it can. */
export function unsendable(text: string): string | null {
  const variable = variableOf(text);
  if (variable === null) return `“${text}” is not a variable: write one, such as $flow.key.order.`;
  if (variable.namespace === 'secret') return 'A secret is no variable: write it as text into a header, a parameter or the URL.';
  const isUnknown = variable.namespace === 'sys' && !systemNames.has(variable.name);
  return isUnknown ? `There is no ${text}.` : null;
}

/** The results of widgets that its rows send, fields by widget: they are in the journal only when they are wanted there. */
export function sentResults({
  params,
  headers,
  body,
}: Pick<IntegrationDocument, 'params' | 'headers' | 'body'>): ReadonlyMap<string, ReadonlySet<string>> {
  const wanted = new Map<string, Set<string>>();
  for (const { type, value = '' } of [...params, ...headers, ...body]) {
    const variable = type === 'variable' ? variableOf(value) : null;
    if (variable?.namespace !== 'widget') continue;
    const [widget = '', field = ''] = variable.name.split('.');
    wanted.set(widget, (wanted.get(widget) ?? new Set()).add(field));
  }
  return wanted;
}

function variableOf(text: string): VariableName | null {
  const variable = parseName(text);
  return variable !== null && isValidName(variable) ? variable : null;
}
