/** `application/json` and every `+json` (RFC 6839). */
export function isJsonType(contentType: string): boolean {
  return /^[^;]*\/(?:[^;]*\+)?json\s*(?:;|$)/iu.test(contentType.trim());
}
