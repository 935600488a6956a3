/** The environment variable of a secret: `shop-key` → `OFFHOOK_SECRET_SHOP_KEY`. */
export function secretVariable(name: string): string {
  return `OFFHOOK_SECRET_${name.toUpperCase().replace(/[^A-Z0-9]/g, '_')}`;
}

/** What to do about a secret that is not set, as a sentence. */
export function secretAdvice(name: string): string {
  return `Set the environment variable ${secretVariable(name)}, or add “${name}” to secrets.json or as a file to the folder of secrets.`;
}
