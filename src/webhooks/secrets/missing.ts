import { problem, type Problem } from '../../lib/problem.js';
import { secretAdvice } from '../../lib/secret-variable.js';
import type { SecretReader } from '../ports.js';
import { secretParts } from './secrets.js';

/**
 * A problem for every secret that a configuration text names and nobody has set.
 *
 * @param path of the text in its document
 * @param where it is, to begin the sentence: `In webhook crm`
 */
export function missingSecretProblems(text: string, secrets: SecretReader, path: string, where: string): Problem[] {
  const named = new Set(secretParts(text).flatMap((part) => (typeof part === 'string' ? [] : [part.secret])));
  const missing = [...named].filter((name) => secrets(name) === undefined);
  return missing.map((name) => {
    const message = `${where} the secret ${name} is not set.`;
    return problem('CONFIG_SECRET_MISSING', { path, message }, { advice: secretAdvice(name) });
  });
}
