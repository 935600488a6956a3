/** Stands for a secret, or any masked value, in everything that is shown or kept (decision D9). */
export const MASK = '***';
