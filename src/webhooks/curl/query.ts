import type { JsonObject } from '../../lib/json/json.js';
import { err, ok, type Result } from '../../lib/result.js';
import { joinedData, literal, readsFile, urlencoded } from './body.js';
import { decoded, type Draft, has, MAX_ROWS, MAX_VALUE } from './draft.js';
import { isSecret, looksSecret } from './secret-shape.js';

/** Query of the URL, of `--url-query` and of `-G`, in this order. */
export function readQuery(
  draft: Draft,
  url: URL,
): Result<{ readonly inUrl: string; readonly rows: readonly JsonObject[] }, string> {
  const { options, secrets } = draft;
  const data = has(options, 'get') ? joinedData(options) : ok(null);
  if (!data.ok) return data;
  const added = options.filter(({ kind }) => kind === 'url-query').map(({ value }) => value);
  const file = added.find((value) => !value.startsWith('+') && readsFile('url-query', value));
  if (file !== undefined)
    return err(`--url-query reads a file, which cannot be imported: put its content in the place of ${file}`);
  // `+` in front: encoded already.
  const texts = [
    url.search.slice(1),
    ...added.map((value) => (value.startsWith('+') ? value.slice(1) : urlencoded(value))),
    data.value ?? '',
  ];
  const parts = texts.flatMap((text) => text.split('&')).filter((part) => part !== '');
  // `?singleWsdl` is not `?singleWsdl=`: it stays in the URL.
  const isNamed = (part: string): boolean => part.indexOf('=') > 0;
  const bare = parts.filter((part) => !isNamed(part));
  const rows = [...new URLSearchParams(parts.filter(isNamed).join('&'))];
  const named = rows.find(([key]) => draft.places.holds(key));
  if (named !== undefined) return err(`a place to fill in is the name of a parameter: ${draft.places.unmarked(named[0])}`);
  if (rows.length > MAX_ROWS || rows.some(([key, value]) => key.length > 256 || value.length > MAX_VALUE)) {
    return err('the query is too long');
  }
  // A key is no template: one with a dollar stands in the URL, where it is encoded.
  const odd = rows.filter(([key]) => key.includes('$'));
  const usual = rows.filter(([key]) => !key.includes('$'));
  const value = (key: string, text: string): string =>
    isSecret(key, text, 'query') ? secrets.take(text, key, `query parameter ${key}`) : literal(text);
  const inUrl = [...bare.map(encodedOnce), ...(odd.length === 0 ? [] : [new URLSearchParams(odd).toString()])].join('&');
  if (bare.some((part) => looksSecret(decoded(part), 'query')))
    draft.warnings.push('A part of the query without a name looks like a credential; it stays in the URL in plain.');
  for (const [key, text] of usual)
    draft.done.push(`query ${key} → ${isSecret(key, text, 'query') ? 'a secret in the query' : 'query'}`);
  return ok({
    inUrl: inUrl === '' ? '' : `?${inUrl}`,
    rows: usual.map(([key, text]) => ({ key, value: value(key, text) })),
  });
}

/** What is not encoded yet, encoded; what is, as it is. */
function encodedOnce(text: string): string {
  return text.replace(/[^\w\-.~%!$'()*+,;:@/?=]/gu, (char) => encodeURIComponent(char));
}
