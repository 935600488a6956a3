/** What every language in use begins with (BCP 47 §2.2.1): longer words are well-formed, and stand for none, e.g. `english`. */
const LANGUAGE = /^[a-z]{2,3}(?:-|$)/u;

/** True for a BCP 47 language tag, e.g. `en-US`; `en_US` and `english` are none. */
export function isLanguageTag(tag: string): boolean {
  try {
    return LANGUAGE.test(Intl.getCanonicalLocales(tag)[0] ?? '');
  } catch {
    return false;
  }
}
