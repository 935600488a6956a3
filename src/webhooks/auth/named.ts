import { problem, type Problem } from '../../lib/problem.js';
import type { DeliveryTarget } from '../ports.js';
import type { Identity } from './identity.js';

/**
 * What is wrong with the credential and the signer that something sent names.
 *
 * @param owner what that is, as in “webhook crm”
 */
export function namedProblems(
  { owner, auth, sign }: Pick<DeliveryTarget, 'auth' | 'sign'> & { readonly owner: string },
  at: string,
  identity: Identity,
): Problem[] {
  const problems: Problem[] = [];
  const credential = auth.type === 'credential' ? identity.credentials.get(auth.name) : undefined;
  if (auth.type === 'credential' && credential === undefined) {
    const message = `There is no credential ${auth.name}, which ${owner} names.`;
    problems.push(problem('CREDENTIAL_UNKNOWN', { path: `${at}.auth.name`, message }));
  }
  const signer = sign === null ? null : identity.signers.get(sign);
  if (signer === undefined) {
    const message = `There is no signer ${sign ?? ''}, which ${owner} names.`;
    problems.push(problem('SIGNER_UNKNOWN', { path: `${at}.sign`, message }));
  }
  if (signer?.type === 'jwt' && takesAuthorization(credential?.auth ?? auth)) {
    const message = `The credentials of ${owner} are in Authorization; the token of its signature goes to ${signer.header}.`;
    problems.push(problem('SIGNATURE_MOVED', { path: `${at}.sign`, message }, { severity: 'warning' }));
  }
  return problems;
}

/** Whether such credentials go into `Authorization`. Fits those of the site and those that webhooks hold themselves. */
export function takesAuthorization(auth: { readonly type: string; readonly name?: string; readonly in?: string }): boolean {
  if (auth.type === 'apiKey') return auth.in === 'header' && auth.name?.toLowerCase() === 'authorization';
  return auth.type === 'basic' || auth.type === 'bearer' || auth.type === 'oauth2';
}
