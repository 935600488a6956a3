import { err, ok, type Result } from '../../lib/result.js';

/** What an option of curl is to us: with a value or without, and what it means. */
type OptionKind =
  | 'method'
  | 'header'
  | 'data'
  | 'data-raw'
  | 'data-urlencode'
  | 'json'
  | 'form'
  | 'form-string'
  | 'user'
  | 'cookie'
  | 'agent'
  | 'referer'
  | 'url'
  | 'max-time'
  | 'connect-timeout'
  | 'retry'
  | 'max-redirs'
  | 'bearer'
  | 'url-query'
  | 'get'
  | 'head'
  | 'location'
  | 'insecure'
  /** Another way to log in than Basic. */
  | 'login-scheme'
  | 'ignored'
  | 'ignored-value'
  | 'unknown-value'
  /** Without it, it would be another request. */
  | 'not-whole';

/** Options by long name. Those that end in `-value` have one that is not used. */
const LONG: Readonly<Record<string, OptionKind>> = {
  request: 'method',
  header: 'header',
  data: 'data',
  'data-ascii': 'data',
  'data-binary': 'data',
  'data-raw': 'data-raw',
  'data-urlencode': 'data-urlencode',
  json: 'json',
  form: 'form',
  'form-string': 'form-string',
  user: 'user',
  cookie: 'cookie',
  'user-agent': 'agent',
  referer: 'referer',
  url: 'url',
  'max-time': 'max-time',
  'connect-timeout': 'connect-timeout',
  retry: 'retry',
  'max-redirs': 'max-redirs',
  'oauth2-bearer': 'bearer',
  'url-query': 'url-query',
  get: 'get',
  head: 'head',
  location: 'location',
  'location-trusted': 'location',
  insecure: 'insecure',
  digest: 'login-scheme',
  ntlm: 'login-scheme',
  negotiate: 'login-scheme',
  anyauth: 'login-scheme',
  ...Object.fromEntries(
    [
      'compressed',
      'silent',
      'show-error',
      'include',
      'verbose',
      'fail',
      'fail-with-body',
      'globoff',
      'no-buffer',
      'basic',
      'http1.1',
      'http2',
      'no-progress-meter',
      'progress-bar',
      'tr-encoding',
      'tcp-nodelay',
      'keepalive',
      'ssl-reqd',
      'ipv4',
      'ipv6',
      'http1.0',
      'http2-prior-knowledge',
      'http3',
      'tlsv1',
      'tlsv1.0',
      'tlsv1.1',
      'tlsv1.2',
      'tlsv1.3',
      'no-keepalive',
      'no-alpn',
      'no-sessionid',
      'remote-name',
      'remote-header-name',
      'create-dirs',
      'styled-output',
      'no-styled-output',
      'disable',
      'fail-early',
      'retry-connrefused',
      'ssl-no-revoke',
      'ssl-revoke-best-effort',
    ].map((name) => [name, 'ignored' as const]),
  ),
  ...Object.fromEntries(
    ['output', 'write-out', 'trace', 'trace-ascii', 'stderr', 'dump-header'].map((name) => [name, 'ignored-value' as const]),
  ),
  ...Object.fromEntries(
    [
      'cert',
      'key',
      'cacert',
      'capath',
      'cert-type',
      'key-type',
      'pass',
      'proxy',
      'proxy-user',
      'resolve',
      'connect-to',
      'interface',
      'cookie-jar',
      'limit-rate',
      'retry-delay',
      'retry-max-time',
      'range',
      'unix-socket',
      'ciphers',
      'tls-max',
      'noproxy',
      'dns-servers',
      'netrc-file',
      'request-target',
      'time-cond',
      'speed-limit',
      'speed-time',
    ].map((name) => [name, 'unknown-value' as const]),
  ),
};

/** Options without which it would be another request. */
const NOT_WHOLE: ReadonlySet<string> = new Set(['next', 'upload-file', 'config', 'aws-sigv4', 'parallel', ':', 'Z']);

const SHORT: Readonly<Record<string, string>> = {
  X: 'request',
  H: 'header',
  d: 'data',
  F: 'form',
  u: 'user',
  b: 'cookie',
  A: 'user-agent',
  e: 'referer',
  m: 'max-time',
  G: 'get',
  I: 'head',
  L: 'location',
  k: 'insecure',
  s: 'silent',
  S: 'show-error',
  i: 'include',
  v: 'verbose',
  f: 'fail',
  g: 'globoff',
  N: 'no-buffer',
  '4': 'ipv4',
  '6': 'ipv6',
  '#': 'progress-bar',
  '0': 'http1.0',
  '1': 'tlsv1',
  O: 'remote-name',
  J: 'remote-header-name',
  q: 'disable',
  o: 'output',
  w: 'write-out',
  D: 'dump-header',
  E: 'cert',
  x: 'proxy',
  U: 'proxy-user',
  c: 'cookie-jar',
  T: 'upload-file',
  K: 'config',
  r: 'range',
  z: 'time-cond',
  y: 'speed-time',
  Y: 'speed-limit',
};

const FLAGS: ReadonlySet<OptionKind> = new Set<OptionKind>(['get', 'head', 'location', 'insecure', 'login-scheme', 'ignored']);

/** One option as it stands in a command. */
export interface CurlOption {
  readonly kind: OptionKind | 'unknown';
  /** As people know it: `--data-raw`. */
  readonly name: string;
  /** Empty for those without one. */
  readonly value: string;
}

/** Reads the words behind `curl`. The error is a sentence. */
export function curlOptions(words: readonly string[]): Result<readonly CurlOption[], string> {
  const options: CurlOption[] = [];
  const left = [...words];
  let plain = false;
  for (let word = left.shift(); word !== undefined; word = left.shift()) {
    if (plain || !word.startsWith('-') || word === '-') options.push({ kind: 'url', name: 'URL', value: word });
    else if (word === '--') plain = true;
    else if (word.startsWith('--')) {
      const [name = '', attached] = /^--([^=]+)=(.*)$/su.exec(word)?.slice(1) ?? [word.slice(2)];
      const taken = option(name, `--${name}`, attached, left);
      if (!taken.ok) return taken;
      options.push(taken.value);
    } else {
      const taken = shortOptions(word.slice(1), left);
      if (!taken.ok) return taken;
      options.push(...taken.value);
    }
  }
  return ok(options);
}

/** `-sSL` is three options; `-XPOST` one with its value. */
function shortOptions(letters: string, left: string[]): Result<readonly CurlOption[], string> {
  const options: CurlOption[] = [];
  for (let at = 0; at < letters.length; at++) {
    const letter = letters.charAt(at);
    const name = SHORT[letter] ?? letter;
    const rest = letters.slice(at + 1);
    const takes = takesValue(LONG[name]);
    const taken = option(name, `-${letter}`, takes && rest !== '' ? rest : undefined, left);
    if (!taken.ok) return taken;
    options.push(taken.value);
    if (takes) break;
  }
  return ok(options);
}

function takesValue(kind: OptionKind | undefined): boolean {
  return kind !== undefined && !FLAGS.has(kind);
}

function option(name: string, shown: string, attached: string | undefined, left: string[]): Result<CurlOption, string> {
  if (NOT_WHOLE.has(name)) return ok({ kind: 'not-whole', name: shown, value: '' });
  const kind = Object.hasOwn(LONG, name) ? LONG[name] : undefined;
  if (kind === undefined) return ok({ kind: 'unknown', name: shown, value: '' });
  if (!takesValue(kind)) return ok({ kind, name: shown, value: '' });
  const value = attached ?? left.shift();
  return value === undefined ? err(`${shown} has no value`) : ok({ kind, name: shown, value });
}
