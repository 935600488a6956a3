/*
 * What is a credential in a command. Judged by what the value looks like and by the words of the name it stands under: lists of
 * services are never complete.
 */

/** Where a value stands. */
export type ValuePlace = 'header' | 'query' | 'body' | 'path';

/** Beginnings by which services mark their keys. */
const MARKED = [
  /^(?:sk|rk|pk|ak|api|key|pat|whsec|sess|secret|token)[_-](?=[\w-]*\d)[\w-]{8,}$/u,
  /^(?:gh[opsur]|github_pat|glpat|gldt|glrt|shp[a-z]{2}|dop_v1|npm|lin_api|figd|hf|ntn)[_-][\w-]{8,}$/u,
  /^xox[a-z]-[\w-]{8,}$/u,
  /^(?:AKIA|ASIA)[A-Z0-9]{12,}$/u,
  /^(?:AC|SK)[0-9a-f]{32}$/u,
  /^AIza[\w-]{20,}$/u,
  /^(?:ya29|SG|hv[sbr])\.[\w.-]{8,}$/u,
  /^eyJ[\w-]{6,}\.[\w-]+(?:\.[\w-]*)?$/u,
  /^\d{6,12}:[\w-]{30,}$/u,
];

/** Values that are long and no credentials: UUIDs, moments, addresses, versions. */
const PLAIN = [
  /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/iu,
  /^\d{4}-\d\d-\d\d(?:[T ]|$)/u,
  /^[a-z][a-z0-9+.-]*:\/\//iu,
  /^[^@\s]+@[^@\s]+\.[a-z]+$/iu,
  /^[\d.,:+()-]+$/u,
];

/** Shortest run of letters and digits that may be a key nobody marked, and shortest in hexadecimal. */
const MIN_RUN = 16;
const MIN_HEX = 24;
/** Bits for each character: words and repeated letters stay below. */
const MIN_ENTROPY = 3;

/** True when a value looks like a key, whatever it is called. */
export function looksSecret(value: string, place: ValuePlace): boolean {
  const text = value.trim();
  if (/^(?:bearer|basic|token|apikey|key|digest|ssws)\s+\S{6,}$/iu.test(text)) return true;
  if (MARKED.some((mark) => mark.test(text))) return true;
  if (PLAIN.some((plain) => plain.test(text)) || !/^[\w\-+/=.~:]+$/u.test(text)) return false;
  // In a path a number in hexadecimal is an id.
  if (/^[0-9a-f]+$/iu.test(text)) return place !== 'path' && text.length >= MIN_HEX && entropy(text) >= MIN_ENTROPY;
  const runs = text.match(/[A-Za-z0-9]+/gu) ?? [];
  return runs.some(isRandom);
}

/** Letters and digits mixed as nobody writes them. */
function isRandom(run: string): boolean {
  if (run.length < MIN_RUN || entropy(run) < MIN_ENTROPY) return false;
  const chars = Array.from(run);
  const changes = chars.filter((char, at) => at > 0 && kindOf(char) !== kindOf(run.charAt(at - 1))).length;
  return /\d/u.test(run) && /[A-Za-z]/u.test(run) && changes >= run.length / 5;
}

function kindOf(char: string): 'digit' | 'upper' | 'lower' {
  return /\d/u.test(char) ? 'digit' : /[A-Z]/u.test(char) ? 'upper' : 'lower';
}

/** Shannon entropy of the characters, bits each. */
function entropy(text: string): number {
  const counts = new Map<string, number>();
  for (const char of text) counts.set(char, (counts.get(char) ?? 0) + 1);
  return [...counts.values()].reduce((sum, count) => sum - (count / text.length) * Math.log2(count / text.length), 0);
}

/** Words that name a credential anywhere. */
const TELLING = new Set(
  'token secret password passwd pwd passphrase apikey credential credentials signature sig jwt authorization bearer csrf xsrf accesskey authtoken accesstoken apitoken clientsecret privatekey'.split(
    ' ',
  ),
);
/** Words that name one in a header or a query. */
const TELLING_OUTSIDE = new Set(['key', 'auth', 'session', 'pat', 'sessionid', 'pass']);
/** Words before `key` that make it one in a body. */
const KINDS_OF_KEY = new Set('api access private secret auth subscription client app account license service'.split(' '));
/** Words that say it is something else: `Idempotency-Key`, `token_type`, `next_page_token`. */
const HARMLESS = new Set(
  'idempotency type version expires expiry expiration ttl email host algorithm method count limit sort primary public foreign partition routing cache websocket page next continuation cursor format length mode'.split(
    ' ',
  ),
);
/** Headers whose values look random and are none. */
const NEVER =
  /^(?:accept.*|(?:x-)?idempotency-key|user-agent|referer|origin|content-.*|if-.*|etag|range|trace(?:parent|state)|x-(?:request|correlation|trace|amzn-trace)-id|x-b3-.*|x-amz-(?:date|content-sha256))$/iu;

/** True when a header, parameter or field of that name holds a credential. */
export function namesSecret(name: string, place: ValuePlace): boolean {
  const words = name
    .replace(/([a-z0-9])([A-Z])/gu, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/u)
    .filter((word) => word !== '');
  if (words.some((word) => HARMLESS.has(word)) || (place === 'header' && NEVER.test(name))) return false;
  if (words.some((word) => TELLING.has(word) || /(?:api|access|auth|secret)(?:key|token)$/u.test(word))) return true;
  if (place !== 'body') return words.some((word) => TELLING_OUTSIDE.has(word) || /key$/u.test(word));
  return words.some((word, at) => word === 'key' && KINDS_OF_KEY.has(words[at - 1] ?? ''));
}

/** True for a credential, by its name or by its looks. Words such as `true` are none, whatever they stand under. */
export function isSecret(name: string, value: string, place: ValuePlace): boolean {
  if (value.trim() === '' || /^(?:true|false|null|yes|no|on|off|none)$/iu.test(value.trim())) return false;
  if (place === 'header' && NEVER.test(name)) return false;
  if (namesSecret(name, place)) return true;
  return namesPlain(name) ? MARKED.some((mark) => mark.test(value.trim())) : looksSecret(value, place);
}

/** True for a name that says its value looks random and is no credential: `database_id`, `sha256`. */
function namesPlain(name: string): boolean {
  return /(?:^|[^a-z0-9])(?:ids?|uuid|guid|hash|checksum|md5|sha(?:1|256|512)?|etag|commit|revision|nonce)$|[a-z0-9](?:Ids?|ID|Uuid|Guid|Hash)$/u.test(
    name.replace(/^[A-Z][A-Z0-9_-]*$/u, (word) => word.toLowerCase()),
  );
}
