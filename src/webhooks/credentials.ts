import { err, ok, type Result } from '../lib/result.js';
import type { SecretReader } from './ports.js';
import { reveal } from './secrets.js';
import type { SecretText } from './types.js';

/**
 * The `Authorization` value of Basic authentication (RFC 7617): UTF-8, and no colon in the user name, which would shift the
 * boundary. The error is a sentence.
 */
export function basicCredentials(
  auth: { readonly username: SecretText; readonly password: SecretText },
  secrets: SecretReader,
): Result<string, string> {
  const username = reveal(auth.username, secrets);
  if (!username.ok) return username;
  const password = reveal(auth.password, secrets);
  if (!password.ok) return password;
  if (username.value.text.includes(':')) return err('the user name of Basic authentication contains a colon');
  const pair = `${username.value.text}:${password.value.text}`;
  return ok(`Basic ${Buffer.from(pair).toString('base64')}`);
}
