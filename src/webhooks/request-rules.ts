import type { Guard } from '../http/guard.js';
import { headerProblem } from '../http/headers.js';
import { readPath } from './answer/paths.js';
import { takesAuthorization } from './auth/named.js';
import type { Identity } from './auth/identity.js';
import type { WebhookCall } from '../model/webhook.js';
import { isXPath } from './answer/xml-xpath.js';
import type { RequestRules } from '../model/request-rules.js';

/** How an answer is read. */
type Reading = Pick<WebhookCall, 'responseType' | 'pathRoot' | 'xmlPaths'>;

/** What a site has that requests may name. */
export interface SiteNames {
  readonly identity: Identity;
  /** Why no answer can come later, as a sentence part; null when services can reach the address they are given. */
  readonly answerLater: string | null;
}

/** The rules of one configuration; those about its names only when they are known. */
export function requestRules(guard: Guard, site?: SiteNames): RequestRules {
  return {
    ...(site !== undefined && namesOf(site)),
    url(text) {
      const verdict = guard.url(text);
      return verdict.ok ? null : verdict.error;
    },
    header: (name, value) => headerProblem(name, value ?? ''),
    path: pathProblem,
  };
}

function namesOf({ identity, answerLater }: SiteNames): Partial<RequestRules> {
  const { credentials, signers, defaultSigner } = identity;
  const signsInAuthorization = (name: string): boolean => signers.get(name)?.type === 'jwt';
  return {
    credential: (name) => (credentials.has(name) ? null : `there is no credential '${name}'`),
    takesAuthorization(name) {
      const credential = credentials.get(name);
      return credential !== undefined && takesAuthorization(credential.auth);
    },
    signer: (name) => (signers.has(name) ? null : `there is no signer '${name}'`),
    signsInAuthorization,
    siteToken: defaultSigner !== null && signsInAuthorization(defaultSigner) ? defaultSigner : null,
    answerLater: () => answerLater,
  };
}

/** Why a path can find nothing, whatever the answer. With `auto` it may be of either grammar: the answer decides. */
function pathProblem(path: string, { responseType, pathRoot, xmlPaths }: Reading): string | null {
  const names = readPath(path, pathRoot) === null ? 'it is not made of names and positions such as items[0].name' : null;
  const nodes = xmlPaths === 'dotted' ? names : isXPath(path) ? null : 'it is not XPath 1.0';
  switch (responseType) {
    case 'json':
      return names;
    case 'xml':
      return nodes;
    case 'text':
      return path.trim() === '$' || path.trim() === 'data' ? null : 'in plain text there is only the whole, `$`';
    case 'auto':
      return names === null ? null : nodes;
  }
}
