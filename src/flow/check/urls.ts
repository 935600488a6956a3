import { jsonPath } from '../../lib/json-path.js';
import { scan } from '../scanner.js';
import type { RequestRules } from '../widget.js';
import type { Drafted } from './drafts.js';
import { fieldMatcher, textsIn } from './fields.js';
import type { Report } from './report.js';

/** What decides about addresses. */
export interface UrlRules {
  readonly allowHttp?: boolean;
  readonly requests?: RequestRules;
}

/**
 * Refuses addresses that cannot be called (P2). What comes out of a variable is judged when the request is made; where only path or
 * query hold variables, the rest is judged here.
 */
export function checkUrls(drafts: ReadonlyMap<string, Drafted>, report: Report, rules: UrlRules): void {
  for (const { id, widget, frame } of drafts.values()) {
    const isUrl = fieldMatcher(widget?.definition.urlFields);
    for (const { keys, text } of textsIn(frame)) {
      if (isUrl(keys)) checkUrl(text.trim(), jsonPath('$.widgets', [id, ...keys]), report, rules);
    }
  }
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
  return username === '' && password === '' ? null : 'The address carries a user name or password; use the `auth` field instead.';
}
