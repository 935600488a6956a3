import { jsonPath } from '../../../lib/json/json-path.js';
import type { FlowDocument } from '../document.js';
import { formatName, type VariableName } from '../../variables/names.js';
import { parseName, scan } from '../../variables/scanner.js';
import { authoredValue, isUrlVariable } from '../../variables/url-beginning.js';
import { urlRefusal } from '../../variables/url-shape.js';
import type { RequestRules } from '../../../model/request-rules.js';
import type { Drafted } from './drafts.js';
import { fieldMatcher, textsIn } from './fields.js';
import type { Report } from './report.js';

/** What decides about addresses. */
export interface UrlRules {
  readonly allowHttp?: boolean;
  readonly requests?: RequestRules;
}

/**
 * Refuses addresses that cannot be called (docs/behaviour.md#plain-http). What comes out of a variable is judged when the request
 * is made; where only path or query hold variables, the rest is judged here.
 */
export function checkUrls(
  document: Pick<FlowDocument, 'variables'>,
  drafts: ReadonlyMap<string, Drafted>,
  report: Report,
  rules: UrlRules,
): void {
  const trusted = trustedVariables(document, drafts, rules);
  for (const { id, widget, frame } of drafts.values()) {
    const isUrl = fieldMatcher(widget?.definition.urlFields);
    for (const { keys, text } of textsIn(frame)) {
      if (!isUrl(keys)) continue;
      const path = jsonPath('$.widgets', [id, ...keys]);
      checkUrl(text.trim(), path, report, rules);
      checkVariablesOf(text, path, report, trusted);
    }
  }
}

/** The rule of the run, as far as it can be known before: which variables decide where a request goes. */
function checkVariablesOf(text: string, path: string, report: Report, trusted: (variable: VariableName) => boolean): void {
  const refusal = urlRefusal(
    scan(text).map((token) => {
      if (token.kind !== 'variable') return { kind: 'text', text: token.text };
      const { variable } = token;
      if (variable.namespace === 'secret') return { kind: 'secret' };
      return { kind: 'value', source: formatName(variable), text: null, trusted: trusted(variable) };
    }),
  );
  if (refusal === null) return;
  // A warning: the flow runs, and the request is refused each time, with this reason. What may begin a URL belongs to the site.
  report.warning('FLOW_URL_VARIABLE', path, `The request is refused: ${refusal.why}.`);
}

/** Variables that may be the beginning of a URL, as far as that is known: without a site, all of them. */
function trustedVariables(
  document: Pick<FlowDocument, 'variables'>,
  drafts: ReadonlyMap<string, Drafted>,
  { requests }: UrlRules,
): (variable: VariableName) => boolean {
  if (requests?.urlVariable === undefined) return () => true;
  const isListed = (name: string): boolean => requests.urlVariable?.(name) === true;
  const written = new Set<string>();
  for (const { widget } of drafts.values()) {
    for (const name of widget?.definition.writes?.(widget.config, requests) ?? []) {
      const variable = parseName(name);
      if (variable !== null) written.add(formatName(variable));
    }
  }
  return (variable) =>
    isUrlVariable(variable, isListed) ||
    (typeof authoredValue(variable, { document }) === 'string' && !written.has(formatName(variable)));
}

function checkUrl(text: string, path: string, report: Report, { allowHttp, requests }: UrlRules): void {
  const known = knownPart(text);
  if (known === null) return;
  if (!/^https?:\/\//i.test(known) && !(known !== text && isBegun(known))) {
    report.error('FLOW_BAD_URL', path, `'${known.slice(0, 60)}' does not begin like an http or https address.`);
  } else if (allowHttp === false && /^http:/i.test(known)) {
    report.error('WEBHOOK_HTTP_NOT_ALLOWED', path, 'The address is plain http, which is not allowed here.');
  } else if (known === text || HOST_ENDS.test(known)) {
    const problem = urlProblem(known);
    // A warning: which networks may be reached belongs to the machine, flows travel between machines.
    const refused = problem === null ? requests?.url(known) : null;
    if (problem !== null) report.error('FLOW_BAD_URL', path, problem);
    else if (typeof refused === 'string')
      report.warning('FLOW_URL_REFUSED', path, `Requests to this address are refused: ${refused}.`);
  }
}

/** True for the first signs of an address; a variable may hold the rest. */
function isBegun(known: string): boolean {
  return ['https://', 'http://'].some((scheme) => scheme.startsWith(known.toLowerCase()));
}

/** Scheme, host, and what ends the host. */
const HOST_ENDS = /^[^:]+:\/\/[^/?#]+[/?#]/;

/** The text up to its first variable; null when that tells nothing about scheme and host. */
function knownPart(text: string): string | null {
  let known = '';
  for (const token of scan(text)) {
    if (token.kind === 'variable') return /[:/]/.test(known) ? known : null;
    known += token.text;
  }
  return known;
}

function urlProblem(url: string): string | null {
  if (!URL.canParse(url)) return 'The address is not a valid URL.';
  const { username, password } = new URL(url);
  return username === '' && password === ''
    ? null
    : 'The address contains a user name or password. Use the `auth` field instead.';
}
