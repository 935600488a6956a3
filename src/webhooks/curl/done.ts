import type { CurlOption } from './options.js';

/** What became of an option, as a line; none for headers and parameters, which are told one by one. */
export function lineOf({ kind, name }: CurlOption): readonly string[] {
  const became: Partial<Record<CurlOption['kind'], string>> = {
    url: 'url',
    method: 'method',
    data: 'body',
    'data-raw': 'body',
    'data-urlencode': 'body',
    json: 'body and headers',
    form: 'body (multipart)',
    'form-string': 'body (multipart)',
    user: 'auth (basic)',
    bearer: 'auth (bearer)',
    'max-time': 'timeout',
    'connect-timeout': 'connectTimeout',
    retry: 'retries',
    'max-redirs': 'redirects',
    location: 'redirects',
    'url-query': 'query',
    get: 'method GET, the data in the query',
    head: 'method HEAD',
    ignored: 'nothing: it changes nothing here, or is always so',
    'ignored-value': 'nothing: it changes nothing here',
    insecure: 'nothing: see the warning',
    'login-scheme': 'nothing: see the warning',
    unknown: 'nothing: see the warning',
    'unknown-value': 'nothing: see the warning',
  };
  const what = became[kind];
  return what === undefined ? [] : [`${name} → ${what}`];
}
