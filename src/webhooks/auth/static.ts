import { err, ok, type Result } from '../../lib/result.js';
import type { SecretReader } from '../ports.js';
import { reveal } from '../secrets/secrets.js';
import type { SecretText, WebhookAuth, WebhookRow } from '../../model/webhook.js';

/** Authentication that needs nothing from anybody else: the others are turned into one of these before a request is built. */
export type StaticAuth = Extract<WebhookAuth, { readonly type: 'none' | 'basic' | 'bearer' | 'apiKey' }>;

/** What authentication adds to a request. */
export interface Proof {
  readonly header: readonly [name: string, value: string] | null;
  readonly query: WebhookRow | null;
}

/** What to add to a request. The error is a sentence without any value. */
export function proofOf(auth: StaticAuth, secrets: SecretReader): Result<Proof, string> {
  switch (auth.type) {
    case 'none':
      return ok({ header: null, query: null });
    case 'basic':
      return header('authorization', basicCredentials(auth, secrets));
    case 'bearer':
      return header('authorization', bearerCredentials(auth.token, secrets));
    case 'apiKey':
      return apiKey(auth, secrets);
  }
}

function header(name: string, value: Result<string, string>): Result<Proof, string> {
  return value.ok ? ok({ header: [name, value.value], query: null }) : value;
}

/**
 * The `Authorization` value of Basic authentication (RFC 7617): UTF-8, and no colon in the user name, which would shift the
 * boundary; control characters are not allowed in either (§2).
 */
function basicCredentials(
  auth: { readonly username: SecretText; readonly password: SecretText },
  secrets: SecretReader,
): Result<string, string> {
  const username = reveal(auth.username, secrets);
  if (!username.ok) return username;
  const password = reveal(auth.password, secrets);
  if (!password.ok) return password;
  if (username.value.text.includes(':')) return err('the user name of Basic authentication contains a colon');
  const pair = `${username.value.text}:${password.value.text}`;
  if (/[\u0000-\u001f\u007f]/u.test(pair)) return err('Basic authentication holds a line break or another control character');
  return ok(`Basic ${Buffer.from(pair).toString('base64')}`);
}

/** RFC 6750 §2.1. Tokens of other shapes than `b64token` are sent as they are, as long as a header can hold them in one piece. */
function bearerCredentials(token: SecretText, secrets: SecretReader): Result<string, string> {
  const value = reveal(token, secrets);
  if (!value.ok) return value;
  if (value.value.text === '') return err('the token of Bearer authentication is empty');
  if (!/^[\u0021-\u007e]+$/u.test(value.value.text))
    return err('the token of Bearer authentication holds a blank, a line break or a character outside ASCII');
  return ok(`Bearer ${value.value.text}`);
}

/** A header, or a parameter of the query. */
function apiKey(auth: Extract<StaticAuth, { type: 'apiKey' }>, secrets: SecretReader): Result<Proof, string> {
  const value = reveal(auth.value, secrets);
  if (!value.ok) return value;
  if (value.value.text === '') return err('the API key is empty');
  if (auth.in === 'query') return ok({ header: null, query: { key: auth.name, value: auth.value } });
  return ok({ header: [auth.name, value.value.text], query: null });
}
