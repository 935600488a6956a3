/** The version in `If-Match` (RFC 9110 §13.1.1); null when any will do. */
export function expectedVersion(ifMatch: string | null): string | null {
  return ifMatch === null || ifMatch.trim() === '*' ? null : ifMatch.trim().replace(/^(?:W\/)?"(.*)"$/u, '$1');
}
