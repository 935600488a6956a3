import { ANONYMOUS } from '../../lib/withheld.js';
import { addressesIn, hidesHistory, hidesNumber, isAnonymous, listed, privacyOf } from '../../sip/privacy.js';
import { cleanText, holdsControls } from '../../sip/headers.js';
import type { IncomingInvite, SipAddress } from '../../sip/types.js';
import { telephoneNumber } from './routing.js';

/** What a site says about its callers' identity. */
export interface CallerPolicy {
  /** Headers that flows may read beside `X-*`, as configured. */
  readonly headers: readonly string[];
  /** True for a trusted trunk whose callers' withheld numbers the site wants to have. */
  readonly showsWithheld: (source: string) => boolean;
}

/** Who calls, as everybody behind this place sees it: nothing that is withheld goes past it. */
export interface Caller {
  /** The number, or {@link ANONYMOUS}. */
  readonly number: string;
  readonly withheld: boolean;
  /** The headers a flow may read: names as received or as configured. */
  readonly headers: Readonly<Record<string, string>>;
  /** A text of the INVITE as it may be logged: without the number when that is withheld. */
  readonly shown: (text: string) => string;
}

/** Longest value of a header that flows may read, and of one made of several lines; longer ones are left out or cut at a value. */
const MAX_HEADER_CHARS = 2048;

/** Headers that name the caller (RFC 3325, and what came before it). */
const CALLER_HEADERS = ['P-Asserted-Identity', 'P-Preferred-Identity', 'Remote-Party-ID'];

/** Reads the caller of an INVITE. */
export function callerOf(invite: IncomingInvite, policy: CallerPolicy): Caller {
  const privacy = privacyOf(invite.headers('Privacy'));
  const named = CALLER_HEADERS.map((name) => invite.headers(name));
  const withheld = hidesNumber(privacy) || isAnonymous(invite.from) || named[2]?.some(restricts) === true;
  const others = addressesIn(named.flat());
  const reveals = policy.showsWithheld(invite.source.address);
  if (withheld && !reveals) {
    const telling = tellingOf([invite.from, ...others], addressesIn(invite.headers('Contact')));
    const hide = (text: string): string => (tells(text, telling) ? ANONYMOUS : text);
    return { number: ANONYMOUS, withheld, headers: readable(invite, policy, { privacy, hide }), shown: hide };
  }
  const own = telephoneNumber(invite.from);
  const asserted = others.map(telephoneNumber).find((number) => number !== '' && !holdsControls(number));
  const number = isAnonymous(invite.from) && asserted !== undefined ? asserted : own;
  const headers = readable(invite, policy, { privacy: reveals ? new Set() : privacy, hide: null });
  const text = [invite.from.user, number].every((one) => !holdsControls(one));
  return { number: text ? number : ANONYMOUS, withheld, headers, shown: cleanText };
}

/** A Remote-Party-ID whose number is restricted. */
function restricts(value: string): boolean {
  return /\b(?:full|uri)\b/u.test(privacyParameter(value));
}

/** The `privacy` parameters of one value of a header, lower case: `full`, or `"name;uri"` in quotes. */
function privacyParameter(value: string): string {
  const found = [...value.toLowerCase().matchAll(/;\s*privacy\s*=\s*(?:"([^"]*)"|([^;,\s]*))/gu)];
  return found.map(([, quoted, plain]) => quoted ?? plain ?? '').join(' ');
}

/** What decides about the headers of a call; `hide` is null when nothing of the caller is withheld. */
interface Hiding {
  readonly privacy: ReadonlySet<string>;
  readonly hide: ((text: string) => string) | null;
}

function readable(invite: IncomingInvite, { headers: names }: CallerPolicy, hiding: Hiding): Readonly<Record<string, string>> {
  const read = new Map<string, string>();
  for (const [name, value] of Object.entries(invite.customHeaders)) read.set(name, cleanText(value));
  for (const name of names) {
    const value = whole(listed(invite.headers(name)).map((one) => shownValue(name, cleanText(one), hiding)));
    if (value !== '') read.set(name, value);
  }
  return Object.fromEntries([...read].map(([name, value]) => [name, hiding.hide?.(value) ?? value]));
}

/** The values of one header as one text (RFC 3261 §7.3.1), as many as fit. */
function whole(values: readonly string[]): string {
  let text = '';
  for (const value of new Set(values)) {
    const longer = text === '' ? value : `${text}, ${value}`;
    if (longer.length > MAX_HEADER_CHARS) break;
    text = longer;
  }
  return text;
}

/** One value as a flow may see it. */
function shownValue(name: string, value: string, { privacy, hide }: Hiding): string {
  switch (name.toLowerCase()) {
    case 'p-asserted-identity':
    case 'p-preferred-identity':
    case 'remote-party-id':
    // Pictures and cards of the caller (RFC 3261 §20.9).
    case 'call-info':
    case 'contact':
    case 'from':
    case 'reply-to':
    case 'identity':
      return hide === null ? value : ANONYMOUS;
    case 'history-info':
      // Also asked for by a single entry, in the header part of its URI (RFC 7044 §10.1.2).
      return hidesHistory(privacy) || /[?&]privacy(?:=|%3d)(?!none)/iu.test(value) ? ANONYMOUS : value;
    case 'diversion':
      // RFC 5806 §3.
      return /\b(?:full|name|uri)\b/u.test(privacyParameter(value)) ? ANONYMOUS : value;
    default:
      return value;
  }
}

/** Fewest digits that are searched for in other texts. */
const MIN_DIGITS = 4;
/** So many last digits tell a number in whatever form it is written: with country code, with trunk prefix, with separators. */
const TELLING_DIGITS = 7;
/** Shortest name or extension that is searched for, as a word of its own. */
const MIN_WORD = 3;

/** What tells who calls: telling digits, and user parts that have none, such as `alice` or `201`. */
interface Telling {
  readonly digits: readonly string[];
  readonly words: readonly string[];
}

/** What tells these callers; a display name may hold the number too. Of a Contact only the digits: its name is the machine's. */
function tellingOf(callers: readonly SipAddress[], contacts: readonly SipAddress[]): Telling {
  const texts = [...callers, ...contacts].flatMap(({ user, displayName }) => [user, displayName ?? '']);
  const digits = texts.map((text) => text.replace(/\D/gu, '')).filter((text) => text.length >= MIN_DIGITS);
  const words = callers
    .filter((caller) => !isAnonymous(caller))
    .map(({ user }) => user.toLowerCase())
    .filter((user) => user.length >= MIN_WORD && user.replace(/\D/gu, '').length < MIN_DIGITS);
  return { digits: digits.map((text) => text.slice(-TELLING_DIGITS)), words };
}

function tells(text: string, { digits, words }: Telling): boolean {
  const readings = [text, decoded(text), ...encodedTexts(text)];
  return readings.some((reading) => {
    const joined = reading.replace(/(?<=\d)[^\p{L}\p{N}]{1,3}(?=\d)/gu, '');
    const inWords: readonly string[] = reading.toLowerCase().match(/[\p{L}\p{N}_.+-]+/gu) ?? [];
    return digits.some((number) => joined.includes(number)) || words.some((word) => inWords.includes(word));
  });
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** What long runs of a text hold in hexadecimal (RFC 7433) or in base64 (RFC 8225). */
function encodedTexts(text: string): readonly string[] {
  const runs = text.match(/[\w-]{8,}/gu) ?? [];
  return runs.flatMap((run) => [Buffer.from(run, 'hex').toString('latin1'), Buffer.from(run, 'base64').toString('latin1')]);
}
