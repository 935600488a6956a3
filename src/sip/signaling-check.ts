import { err, ok, type Result } from '../lib/result.js';
import { MAX_ADDRESS, parseAddress, parseUri } from './address.js';
import type { DrachtioRequest } from './drachtio-types.js';
import { HeaderTable } from './headers.js';
import { readBody } from './sdp-body.js';
import type { InviteParts } from './signaling-invite.js';

/** Why an INVITE is refused before anybody hears of it. */
export interface InviteRefusal {
  readonly status: number;
  readonly reason?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Extensions a caller may require (RFC 3261 §8.2.2.3): both are the signalling server's work (RFC 3262, RFC 4028). */
const SUPPORTED: ReadonlySet<string> = new Set(['100rel', 'timer']);

/**
 * Checks a new INVITE before drachtio-srf's own parsers meet it. Closes two of its traps: `createUAS` answers 200 to an INVITE
 * without Contact and then loses the dialog, and its parsers take quadratic time on long address headers.
 */
export function checkInvite(req: DrachtioRequest): Result<InviteParts, InviteRefusal> {
  const headers = new HeaderTable(req.raw);
  const contact = headers.get('Contact');
  // RFC 3261 §8.1.1.8: an INVITE has exactly one Contact with a SIP URI; without it no request of ours could reach the caller.
  if (contact === null || parseAddress(contact) === null) return err(bad('Contact missing or malformed'));
  const from = address(headers.get('From'));
  const to = address(headers.get('To'));
  if (from === null || to === null) return err(bad('From or To malformed'));
  if (/%(?:[01][0-9a-f]|7f)/i.test(req.uri)) return err(bad('Control character in the Request-URI'));
  const requestUri = parseUri(req.uri);
  // RFC 3261 §8.2.2.1.
  if (requestUri === null) return err({ status: 416 });
  const callId = headers.get('Call-ID');
  if (callId === null || callId === '' || callId.length > MAX_ADDRESS) return err(bad('Call-ID missing'));
  const unsupported = tokens(headers.get('Require')).filter((tag) => !SUPPORTED.has(tag));
  if (unsupported.length > 0) return err({ status: 420, headers: { Unsupported: unsupported.join(', ') } });
  const body = readBody(headers, req.body);
  if (body.kind === 'refused') return err({ status: body.status, headers: { Accept: 'application/sdp' } });
  return ok({ headers, callId, from, to, requestUri, sdp: body.kind === 'sdp' ? body.sdp : null });
}

/** True when the To header has a tag: the message belongs to a dialog. */
export function hasToTag(req: DrachtioRequest): boolean {
  return tagOf(new HeaderTable(req.raw).get('To')) !== '';
}

/** The tag of a From or To value (RFC 3261 §19.3); `''` for none. */
export function tagOf(value: string | null): string {
  // What stands in quotes or in the URI is no parameter of the header.
  const params = (value ?? '').replaceAll(/"(?:[^"\\]|\\.)*"/g, '""').replace(/<[^>]*>/, '');
  return /;\s*tag\s*=\s*([^\s;,]+)/i.exec(params)?.[1] ?? '';
}

function bad(reason: string): InviteRefusal {
  return { status: 400, reason };
}

function address(value: string | null): InviteParts['from'] | null {
  return value === null ? null : parseAddress(value);
}

/** Option tags that are tokens; anything else could not be echoed into a header safely. */
function tokens(value: string | null): readonly string[] {
  return (value ?? '')
    .split(',')
    .map((tag) => tag.trim().toLowerCase())
    .filter((tag) => /^[a-z0-9\-.!%*_+`'~]{1,64}$/.test(tag))
    .slice(0, 20);
}
