import type { JsonObject } from '../../lib/json/json.js';
import { literal } from './body.js';
import { decoded, type Draft } from './draft.js';
import { looksSecret } from './secret-shape.js';

/** `auth` of `user:password`. */
export function loginOf(login: string, { secrets, places, warnings }: Draft): JsonObject {
  const colon = login.indexOf(':');
  const username = login.slice(0, colon < 0 ? undefined : colon);
  const password = colon < 0 ? '' : login.slice(colon + 1);
  if (colon < 0) warnings.push('curl would ask for a password, which the command does not hold; it is empty here.');
  // With an empty password the name is the key, as Stripe has it.
  const isKey = (colon >= 0 && password === '') || places.holds(username) || looksSecret(username, 'header');
  return {
    type: 'basic',
    username: isKey && username !== '' ? secrets.take(username, 'user', 'user name') : literal(username.slice(0, 500)),
    password: password === '' ? '' : secrets.take(password, 'password', isKey ? 'password' : `password of ${username}`),
  };
}

/** `-u`, `--oauth2-bearer`, or user and password in the URL. */
export function readUser(draft: Draft, url: URL): void {
  const { options, secrets, warnings } = draft;
  const last = options.filter(({ kind }) => kind === 'user' || kind === 'bearer').at(-1);
  const inUrl = url.username === '' ? null : `${decoded(url.username)}:${decoded(url.password)}`;
  const login = last?.kind === 'user' ? last.value : inUrl;
  if (last?.kind === 'bearer' && draft.auth === null)
    draft.auth = { type: 'bearer', token: secrets.take(last.value, 'token', 'bearer token') };
  else if (login !== null && draft.auth === null) draft.auth = loginOf(login, draft);
  else if (last !== undefined || inUrl !== null)
    warnings.push('The command has credentials twice; those of its Authorization header are taken.');
}
