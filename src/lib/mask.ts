/** Stands for a secret, or any masked value, in everything that is shown or kept (docs/decisions/0014-secrets-by-name.md). */
export const MASK = '***';
