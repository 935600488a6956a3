/** True for a well-formed BCP 47 language tag, e.g. `en-US`; `en_US` is none. */
export function isLanguageTag(tag: string): boolean {
  try {
    return Intl.getCanonicalLocales(tag).length === 1;
  } catch {
    return false;
  }
}
